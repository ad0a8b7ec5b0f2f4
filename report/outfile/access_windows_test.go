package outfile

import (
	"os"
	"path/filepath"
	"testing"
	"unsafe"

	"golang.org/x/sys/windows"
)

// TestAccess: a report may be read by those who may read what is in its folder, and by nobody else; also one that takes the
// place of another.
func TestAccess(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "private")
	if err := os.Mkdir(dir, 0o700); err != nil {
		t.Fatal(err)
	}
	user, err := windows.GetCurrentProcessToken().GetTokenUser()
	if err != nil {
		t.Fatal(err)
	}
	own := "(A;OICI;FA;;;" + user.User.Sid.String() + ")"
	setAccess(t, dir, "D:P"+own)
	if got := entries(t, dir); len(got) != 1 {
		t.Skipf("lists of access do not stay as they are set here: %d entries", len(got))
	}
	for _, content := range []string{"first", "second"} {
		path := filepath.Join(dir, "report.json")
		if err := Write(path, text(content)); err != nil {
			t.Fatal(err)
		}
		got := entries(t, path)
		if len(got) != 1 || !got[0].Equals(user.User.Sid) {
			t.Errorf("the %s report may be read by %v", content, got)
		}
	}
}

// setAccess gives a folder a list of who has access, and has it inherit none.
func setAccess(t *testing.T, path, list string) {
	t.Helper()
	descriptor, err := windows.SecurityDescriptorFromString(list)
	if err != nil {
		t.Fatal(err)
	}
	acl, _, err := descriptor.DACL()
	if err != nil {
		t.Fatal(err)
	}
	const what = windows.DACL_SECURITY_INFORMATION | windows.PROTECTED_DACL_SECURITY_INFORMATION
	if err := windows.SetNamedSecurityInfo(path, windows.SE_FILE_OBJECT, what, nil, nil, acl, nil); err != nil {
		t.Fatal(err)
	}
}

// entries are those whom the list of a file lets in.
func entries(t *testing.T, path string) (who []*windows.SID) {
	t.Helper()
	descriptor, err := windows.GetNamedSecurityInfo(path, windows.SE_FILE_OBJECT, windows.DACL_SECURITY_INFORMATION)
	if err != nil {
		t.Fatal(err)
	}
	acl, _, err := descriptor.DACL()
	if err != nil {
		t.Fatal(err)
	}
	for i := range acl.AceCount {
		var ace *windows.ACCESS_ALLOWED_ACE
		if err := windows.GetAce(acl, uint32(i), &ace); err != nil {
			t.Fatal(err)
		}
		// The SID stands at the end of the entry, from its first word on.
		if sid, err := (*windows.SID)(unsafe.Pointer(&ace.SidStart)).Copy(); err == nil {
			who = append(who, sid)
		}
	}
	return who
}
