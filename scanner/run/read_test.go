package run

import (
	"context"
	"errors"
	"testing"

	"skleak/scanner"
)

type counter int

func (c *counter) Finding(scanner.Finding) error { *c++; return nil }

func TestSink(t *testing.T) {
	var passed counter
	s := &sink{to: &passed}
	if err := s.Finding(scanner.Finding{}); err != nil || passed != 1 {
		t.Errorf("open: error %v, %d passed", err, passed)
	}
	s.close()
	if err := s.Finding(scanner.Finding{}); !errors.Is(err, context.Canceled) || passed != 1 {
		t.Errorf("closed: error %v, %d passed", err, passed)
	}
}
