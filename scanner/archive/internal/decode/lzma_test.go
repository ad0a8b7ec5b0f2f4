package decode

import (
	"bufio"
	"bytes"
	"io"
	"runtime"
	"strings"
	"testing"

	rootxz "github.com/therootcompany/xz"
	uxz "github.com/ulikunitz/xz"

	"skleak/scanner/archive/internal/bound"
)

func xzOf(t testing.TB, text string, dictionary int) []byte {
	t.Helper()
	var b bytes.Buffer
	w, err := uxz.WriterConfig{DictCap: dictionary}.NewWriter(&b)
	if err == nil {
		_, err = io.WriteString(w, text)
	}
	if err == nil {
		err = w.Close()
	}
	if err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// smallDictionary is one that is made quickly, and more than a small text takes.
const smallDictionary = 1 << 16

// readXZ reads a file through a buffer of a size.
func readXZ(content []byte, buffer int) (string, error) {
	r, done, err := Open(XZ, bufio.NewReaderSize(bytes.NewReader(content), buffer), new(bound.Limits).Budget(1<<20))
	if err != nil {
		return "", err
	}
	defer done()
	text, err := io.ReadAll(r)
	return string(text), err
}

// asItIs reads a file as it is.
func asItIs(content []byte) (string, error) {
	r, err := rootxz.NewReader(bytes.NewReader(content), xzMemory)
	if err != nil {
		return "", err
	}
	text, err := io.ReadAll(r)
	return string(text), err
}

func TestSmallXZ(t *testing.T) {
	long := strings.Repeat("some text, which goes on; ", 20_000) // in several chunks
	for _, size := range []int{0, 1, 100, 4096, 4097, 70_000, len(long)} {
		content := xzOf(t, long[:size], xzMemory)
		for _, content := range [][]byte{content, append(content, content...)} {
			want, err := asItIs(content)
			if err != nil || !strings.HasPrefix(want, long[:size]) {
				t.Fatal(err)
			}
			for _, buffer := range []int{16, 64, 1024, 64 << 10} {
				if got, err := readXZ(content, buffer); got != want || err != nil {
					t.Errorf("%d bytes, by %d: %d bytes, %v", size, buffer, len(got), err)
				}
			}
		}
	}
}

// A file that holds little takes little memory, whatever its header says.
func TestSmallXZTakesLittle(t *testing.T) {
	content := xzOf(t, "a text", xzMemory)
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	if got, err := readXZ(content, 64<<10); got != "a text" || err != nil {
		t.Errorf("%q, %v", got, err)
	}
	runtime.ReadMemStats(&after)
	if took := after.TotalAlloc - before.TotalAlloc; took > 1<<20 {
		t.Errorf("it took %d kB", took>>10)
	}
}

// What is damaged is read as far as it is when it is read as it is, and refused for the same reason.
func TestDamagedXZ(t *testing.T) {
	content := xzOf(t, strings.Repeat("some text; ", 30)+"and the end of it", smallDictionary)
	for at := range content {
		for _, damage := range []byte{1, 0x80, 0xff} {
			checkXZ(t, append(append(bytes.Clone(content[:at]), content[at]^damage), content[at+1:]...))
		}
		checkXZ(t, content[:at])
	}
}

func checkXZ(t *testing.T, content []byte) {
	t.Helper()
	r := bufio.NewReader(bytes.NewReader(content))
	head, _ := r.Peek(xzHead)
	if xzDictionary(head) > xzMemory {
		return // for which no memory is reserved
	}
	want, wantErr := asItIs(content)
	var got []byte
	from, err := rootxz.NewReader(smallXZ(r), xzMemory)
	if err == nil {
		got, err = io.ReadAll(from)
	}
	if string(got) != want || (err == nil) != (wantErr == nil) || err != nil && err.Error() != wantErr.Error() {
		t.Errorf("%x: %q, %v, want %q, %v", content, got, err, want, wantErr)
	}
}

func FuzzXZ(f *testing.F) {
	f.Add(xzOf(f, "a text", smallDictionary))
	f.Add(append(xzOf(f, strings.Repeat("text ", 1000), smallDictionary), xzOf(f, "more", smallDictionary)...))
	f.Fuzz(func(t *testing.T, content []byte) { checkXZ(t, content) })
}
