package program

import (
	"io"
	"log"
	"net"
	"net/http"
	"testing"
	"time"
)

// TestQuietLibraries: what a provider sends without being asked is not printed.
func TestQuietLibraries(t *testing.T) {
	before := log.Writer()
	defer log.SetOutput(before)
	printed := make(listening, 10)
	log.SetOutput(printed)
	provoke(t)
	select {
	case <-printed:
	case <-time.After(time.Minute):
		t.Fatal("Go's library prints nothing of it any more: keepLibrariesQuiet can go")
	}
	keepLibrariesQuiet()
	if log.Writer() != io.Discard {
		t.Error("package log prints")
	}
}

// listening tells of each text that is printed.
type listening chan bool

// Write implements io.Writer.
func (l listening) Write(p []byte) (int, error) {
	l <- true
	return len(p), nil
}

// provoke asks a server that sends one answer too many.
func provoke(t *testing.T) {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	answered := make(chan bool)
	go func() {
		conn, err := l.Accept()
		if err != nil {
			return
		}
		_, _ = conn.Read(make([]byte, 4096))
		_, _ = io.WriteString(conn, "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")
		<-answered
		_, _ = io.WriteString(conn, "the key that you sent\r\n")
		_, _ = conn.Read(make([]byte, 1)) // until the client has enough of it
		_ = conn.Close()
	}()
	client := &http.Client{Transport: &http.Transport{}}
	answer, err := client.Get("http://" + l.Addr().String())
	close(answered)
	if err != nil {
		t.Fatal(err)
	}
	_ = answer.Body.Close()
}
