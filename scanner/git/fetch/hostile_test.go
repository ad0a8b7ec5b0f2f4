package fetch

import (
	"bytes"
	"crypto/sha1"
	"errors"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"
)

// packet is a line of git's protocol.
func packet(text string) string { return fmt.Sprintf("%04x%s", len(text)+4, text) }

const (
	someID       = "1234567890123456789012345678901234567890"
	capabilities = "\x00side-band-64k ofs-delta symref=HEAD:refs/heads/main"
)

// lying is a server that names refs, and answers with whatever it likes.
func lying(t *testing.T, refs string, answer func(w io.Writer)) (address string) {
	t.Helper()
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method == http.MethodGet {
			w.Header().Set("Content-Type", "application/x-git-upload-pack-advertisement")
			io.WriteString(w, packet("# service=git-upload-pack\n")+"0000"+refs)
			return
		}
		io.Copy(io.Discard, r.Body)
		w.Header().Set("Content-Type", "application/x-git-upload-pack-result")
		io.WriteString(w, packet("NAK\n"))
		answer(w)
	}))
	t.Cleanup(s.Close)
	return s.URL + "/x"
}

var oneRef = packet(someID+" refs/heads/main"+capabilities+"\n") + "0000"

// band is data on a channel of the side band.
func band(channel byte, data []byte) string { return packet(string(channel) + string(data)) }

// TestHostileServers has servers that lie about the pack. Each is named in one line, and nothing stays on the disk.
func TestHostileServers(t *testing.T) {
	head := []byte("PACK\x00\x00\x00\x02\x00\x00\x00\x01")
	sum := sha1.Sum(head)
	noise := bytes.Repeat([]byte("x"), 60_000)
	for want, answer := range map[string]func(w io.Writer){
		"larger than 1 MB": func(w io.Writer) {
			io.WriteString(w, band(1, head))
			for range 1000 {
				io.WriteString(w, band(1, noise))
			}
		},
		"does not end with its checksum": func(w io.Writer) { io.WriteString(w, band(1, head)+band(1, noise)+"0000") },
		"broke off": func(w io.Writer) {
			io.WriteString(w, band(1, head)+"fff0"+"\x01xx")
			w.(http.Flusher).Flush()
			panic(http.ErrAbortHandler)
		},
		"is no pack":     func(w io.Writer) { io.WriteString(w, band(1, noise)+"0000") },
		"is no pack: is": func(w io.Writer) { io.WriteString(w, band(1, head[:7])+"0000") },
		"gave up":        func(w io.Writer) { io.WriteString(w, band(1, head)+band(3, []byte("Authorization: x"))) },
		"gave up making": func(w io.Writer) { io.WriteString(w, band(1, head)+band(9, nil)) },
		"":               func(w io.Writer) { io.WriteString(w, band(1, head)+band(2, []byte("50 %\n"))+band(1, sum[:])+"0000") },
	} {
		dir, err := fetched(t, lying(t, oneRef, answer), func(r *Request) { r.MaxBytes = 1 << 20 })
		packs, _ := filepath.Glob(filepath.Join(dir, "objects/pack/*"))
		if want == "" {
			if err != nil || len(packs) != 1 {
				t.Errorf("an honest one: %v, %v", err, packs)
			}
			continue
		}
		if err == nil || !strings.Contains(err.Error(), want) || strings.Contains(err.Error(), "Authorization") || len(packs) > 0 {
			t.Errorf("error %v, want one that says %q; on the disk is %v", err, want, packs)
		}
	}
}

// TestSilentServers: a server that says nothing any more is not waited for.
func TestSilentServers(t *testing.T) {
	silent := make(chan struct{})
	defer close(silent) // before the servers are closed, which wait for their handlers
	wait := func(io.Writer) { <-silent }
	whole := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { <-silent }))
	t.Cleanup(whole.Close)
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer listener.Close()
	for _, address := range []string{lying(t, oneRef, wait), whole.URL + "/x", "git://" + listener.Addr().String() + "/x"} {
		began := time.Now()
		_, err := fetched(t, address, func(r *Request) { r.stall = 100 * time.Millisecond })
		if !errors.Is(err, errStalled) || time.Since(began) > 20*time.Second {
			t.Errorf("%s: %v after %v", address, err, time.Since(began))
		}
	}
}

// TestNothingIsPrinted: what a server sends without being asked is printed nowhere: it may be the token that it was sent.
func TestNothingIsPrinted(t *testing.T) {
	t.Setenv("GODEBUG", "http2debug=2")
	var said bytes.Buffer
	log.SetOutput(&said)
	defer log.SetOutput(os.Stderr)
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		conn, _, err := w.(http.Hijacker).Hijack()
		if err != nil {
			t.Error(err)
			return
		}
		body := packet("# service=git-upload-pack\n") + "0000" + packet(someID+" refs/heads/main"+capabilities+"\n") + "0000"
		fmt.Fprintf(conn, "HTTP/1.1 200 OK\r\nContent-Type: application/x-git-upload-pack-advertisement\r\nContent-Length: %d\r\n\r\n%s", len(body), body)
		time.Sleep(20 * time.Millisecond)
		fmt.Fprint(conn, "what nobody asked for")
		time.Sleep(20 * time.Millisecond)
		conn.Close()
	}))
	defer s.Close()
	u, _, err := ParseURL(s.URL + "/x")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := advertised(t.Context(), Request{URL: u, Dir: t.TempDir()}); err != nil {
		t.Error(err)
	}
	time.Sleep(100 * time.Millisecond)
	if said.Len() > 0 {
		t.Errorf("printed %q", said.String())
	}
}

// TestLocalhost: a host is this machine by its address, whatever name it has.
func TestLocalhost(t *testing.T) {
	for address, want := range map[string]bool{"127.0.0.1:80": true, "[::1]:80": true, "10.0.0.1:80": false, "[2001:db8::1]:80": false, "localhost:80": false, "": false} {
		if err := onlyLoopback("tcp", address, nil); (err == nil) != want {
			t.Errorf("%s: %v", address, err)
		}
	}
}

// TestManyRefs: names of refs without end are not taken, over HTTP nor over git:.
func TestManyRefs(t *testing.T) {
	endless := func(w io.Writer) error {
		_, err := io.WriteString(w, packet(someID+" refs/heads/main"+capabilities+"\n"))
		for i := 0; err == nil; i++ {
			_, err = fmt.Fprint(w, packet(fmt.Sprintf("%s refs/heads/%050d\n", someID, i)))
		}
		return err
	}
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		io.WriteString(w, packet("# service=git-upload-pack\n")+"0000")
		endless(w)
	}))
	defer s.Close()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer listener.Close()
	go func() {
		for conn, err := listener.Accept(); err == nil; conn, err = listener.Accept() {
			go func() { endless(conn); conn.Close() }()
		}
	}()
	for _, address := range []string{s.URL + "/x", "git://" + listener.Addr().String() + "/x"} {
		if _, err := fetched(t, address, func(r *Request) { r.maxRefs = 1 << 20 }); !errors.Is(err, errManyRefs) {
			t.Errorf("%s: %v", address, err)
		}
	}
}

// TestOddRefs: a name that no ref can have is refused, since it could be another line of the list.
func TestOddRefs(t *testing.T) {
	for _, name := range []string{"refs/heads/a\n" + someID + " refs/heads/b", "refs/heads/../../x", "refs/heads/a b", "refs/heads/.x", "refs/heads//x", "refs/x.lock", "refs/heads/\x1b[2J"} {
		refs := packet(someID+" refs/heads/main"+capabilities+"\n") + packet(someID+" "+name+"\n") + "0000"
		dir, err := fetched(t, lying(t, refs, func(io.Writer) {}), nil)
		if err == nil || !strings.Contains(err.Error(), "no ref can be named") && !strings.Contains(err.Error(), "does not answer as a git server") {
			t.Errorf("%q: %v", name, err)
		}
		if files, _ := os.ReadDir(dir); slices.ContainsFunc(files, func(f os.DirEntry) bool { return f.Name() == "packed-refs" }) {
			t.Errorf("%q: something was written", name)
		}
	}
}
