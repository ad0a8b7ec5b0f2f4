package run

import "testing"

func TestDescribe(t *testing.T) {
	var s Stages
	if walk, found := s.Current(); walk != nil || found != 0 {
		t.Errorf("before the first walk: %v, %d found", walk, found)
	}
	files := s.Next("files")
	files.Done.Store(1204)
	if got := Describe(files); got != "1,204 files" {
		t.Errorf("with no total: %q", got)
	}
	files.Total.Store(5310)
	if got := Describe(files); got != "1,204 of 5,310 files" {
		t.Errorf("with a total: %q", got)
	}
	files.Done.Store(6000)
	if got := Describe(files); got != "6,000 of 6,000 files" {
		t.Errorf("beyond a total that lags behind: %q", got)
	}

	files.Found.Store(2)
	objects := s.Next("objects")
	objects.Found.Store(3)
	if walk, found := s.Current(); walk != objects || found != 5 {
		t.Errorf("Current() = %v, %d; want the second walk and what both found, 5", walk, found)
	}
}
