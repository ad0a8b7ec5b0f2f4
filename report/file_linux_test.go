package report

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"skleak/report/outfile"
)

func TestWriteFileToFullDevice(t *testing.T) {
	for _, f := range formats {
		if f.name == FormatJSONL {
			continue // below, with findings: an empty report has no line
		}
		if err := WriteFile("/dev/full", &Report{}, f.name, Options{}); !errors.Is(err, syscall.ENOSPC) {
			t.Errorf("%s: %v", f.name, err)
		}
	}
	if err := WriteFile("/dev/full", recordedReport(t), FormatJSONL, Options{}); !errors.Is(err, syscall.ENOSPC) {
		t.Error(err)
	}
	if info, err := os.Lstat("/dev/full"); err != nil || info.Mode()&os.ModeCharDevice == 0 {
		t.Errorf("the device was replaced: %v", err)
	}
}

func TestWriteFileToPipe(t *testing.T) {
	dir := t.TempDir()
	fifo := filepath.Join(dir, "fifo.json")
	if err := syscall.Mkfifo(fifo, 0o600); err != nil {
		t.Fatal(err)
	}
	link := filepath.Join(dir, "link.json")
	if err := os.Symlink(fifo, link); err != nil {
		t.Fatal(err)
	}
	r := recordedReport(t)
	for _, path := range []string{fifo, link} {
		type result struct {
			data []byte
			err  error
		}
		done := make(chan result)
		go func() {
			data, err := os.ReadFile(fifo)
			done <- result{data, err}
		}()
		if err := WriteFile(path, r, FormatJSON, Options{}); err != nil {
			t.Fatal(err)
		}
		got := <-done
		if got.err != nil || !bytes.Equal(got.data, written(t, r, FormatJSON, Options{})) {
			t.Errorf("the reader got %d bytes, %v", len(got.data), got.err)
		}
	}
	if info, err := os.Lstat(fifo); err != nil || info.Mode()&os.ModeNamedPipe == 0 || len(names(t, dir)) != 2 {
		t.Errorf("the pipe was replaced: %v, %v", info, err)
	}
}

// TestWriteFileToDescriptor writes to a regular file through its descriptor, as /dev/stdout does
// behind a shell's redirection: what is there stays, and the file is the same one.
func TestWriteFileToDescriptor(t *testing.T) {
	file, err := os.Create(filepath.Join(t.TempDir(), "out"))
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	if _, err := io.WriteString(file, "before\n"); err != nil {
		t.Fatal(err)
	}
	for _, dir := range []string{"/dev/fd", "/proc/self/fd"} {
		if err := WriteFile(fmt.Sprintf("%s/%d", dir, file.Fd()), &Report{}, FormatText, Options{}); err != nil {
			t.Fatal(err)
		}
	}
	text := written(t, &Report{}, FormatText, Options{})
	if got, want := content(t, file.Name()), "before\n"+string(text)+string(text); string(got) != want {
		t.Errorf("the file holds %q, want %q", got, want)
	}
}

// TestWriteFileToStandardOutput runs this test binary with its output redirected to a file.
func TestWriteFileToStandardOutput(t *testing.T) {
	if os.Getenv("REPORT_TO_STDOUT") != "" {
		if err := WriteFile("/dev/stdout", &Report{}, FormatText, Options{}); err != nil {
			fmt.Println(err)
			os.Exit(1)
		}
		os.Exit(0)
	}
	out, err := os.Create(filepath.Join(t.TempDir(), "out"))
	if err != nil {
		t.Fatal(err)
	}
	defer out.Close()
	cmd := exec.Command(os.Args[0], "-test.run=^TestWriteFileToStandardOutput$")
	cmd.Env = append(os.Environ(), "REPORT_TO_STDOUT=1")
	cmd.Stdout = out
	if err := cmd.Run(); err != nil {
		t.Fatalf("%v: %s", err, content(t, out.Name()))
	}
	if got, want := content(t, out.Name()), written(t, &Report{}, FormatText, Options{}); !bytes.Equal(got, want) {
		t.Errorf("standard output got %q, want %q", got, want)
	}
}

// TestWriteFileOnFullDisk needs the right to mount: a file system of 32 KiB.
func TestWriteFileOnFullDisk(t *testing.T) {
	dir := t.TempDir()
	if err := syscall.Mount("tmpfs", dir, "tmpfs", 0, "size=32k"); err != nil {
		t.Skipf("mounting a small file system: %v", err)
	}
	defer func() {
		if err := syscall.Unmount(dir, 0); err != nil {
			t.Error(err)
		}
	}()
	path := filepath.Join(dir, "a.sarif")
	if err := os.WriteFile(path, []byte("old"), 0o600); err != nil {
		t.Fatal(err)
	}
	err := WriteFile(path, recordedReport(t), FormatSARIF, Options{})
	if !errors.Is(err, syscall.ENOSPC) {
		t.Errorf("a report of more than 32 KiB: %v", err)
	}
	if got := string(content(t, path)); got != "old" || len(names(t, dir)) != 1 {
		t.Errorf("the file holds %.80q, the directory %v", got, names(t, dir))
	}
	if err := WriteFile(path, &Report{}, FormatSARIF, Options{}); err != nil {
		t.Errorf("a report that has room: %v", err)
	}
}

// TestStrangersFiles needs root, who can give files away: somebody else's pipe is not written to, and
// somebody else's file is replaced, not written into.
func TestStrangersFiles(t *testing.T) {
	if os.Geteuid() != 0 {
		t.Skip("only root can give files away")
	}
	dir := t.TempDir()
	fifo, file := filepath.Join(dir, "fifo.json"), filepath.Join(dir, "file.json")
	if err := syscall.Mkfifo(fifo, 0o622); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(file, []byte("theirs"), 0o666); err != nil {
		t.Fatal(err)
	}
	for _, path := range []string{fifo, file} {
		if err := os.Chown(path, 65534, 65534); err != nil {
			t.Skip(err)
		}
	}
	link := filepath.Join(dir, "link.json")
	if err := os.Symlink(fifo, link); err != nil {
		t.Fatal(err)
	}
	for _, path := range []string{fifo, link} {
		for _, err := range []error{WriteFile(path, &Report{}, FormatJSON, Options{}), outfile.Check(path)} {
			if err == nil || !strings.Contains(err.Error(), "another user") {
				t.Errorf("%s: %v", path, err)
			}
		}
	}
	theirs, err := os.Open(file) // held open, to read what is written
	if err != nil {
		t.Fatal(err)
	}
	defer theirs.Close()
	if err := WriteFile(file, &Report{}, FormatJSON, Options{}); err != nil {
		t.Fatal(err)
	}
	text, err := io.ReadAll(theirs)
	info, statErr := os.Stat(file)
	if err != nil || statErr != nil || string(text) != "theirs" || info.Sys().(*syscall.Stat_t).Uid != 0 ||
		info.Mode().Perm() != 0o600 {
		t.Errorf("%v, %v: the old file holds %q, the new one is %v", err, statErr, text, info.Mode())
	}
}
