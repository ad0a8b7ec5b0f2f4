package program

import (
	"io"
	"log"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"
)

// TestQuietLibraries: what a provider sends without being asked is not printed.
func TestQuietLibraries(t *testing.T) {
	before := log.Writer()
	defer log.SetOutput(before)
	var printed strings.Builder
	log.SetOutput(&printed)
	provoke(t)
	if printed.Len() == 0 {
		t.Fatal("Go's library prints nothing of it any more: keepLibrariesQuiet can go")
	}
	keepLibrariesQuiet()
	if log.Writer() != io.Discard {
		t.Error("package log prints")
	}
}

// provoke asks a server that sends one answer too many.
func provoke(t *testing.T) {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	go func() {
		conn, err := l.Accept()
		if err != nil {
			return
		}
		defer conn.Close()
		_, _ = conn.Read(make([]byte, 4096))
		_, _ = io.WriteString(conn, "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")
		time.Sleep(100 * time.Millisecond)
		_, _ = io.WriteString(conn, "the key that you sent\r\n")
		time.Sleep(200 * time.Millisecond)
	}()
	client := &http.Client{Transport: &http.Transport{}}
	answer, err := client.Get("http://" + l.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	_ = answer.Body.Close()
	time.Sleep(300 * time.Millisecond)
	client.CloseIdleConnections()
}
