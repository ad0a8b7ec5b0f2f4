// Winegit lets a program under Wine use the git of the machine that Wine runs on, which Wine can start, but not wait for.
//
//	winegit FILE           on the machine: serves, writes the address into FILE, and ends when FILE is removed
//	git.exe ARGUMENTS…     under Wine, where the same program has this name: has git run there, in the same folder
//
// The folders of the machine are drive Z: under Wine. Names that begin with it are translated in arguments and in the
// environment, and back in what commands print that tell of folders; what git writes into files has names of the machine.
package main

import (
	"bytes"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"regexp"
	"strings"
	"sync"
	"time"
)

// request is what git is asked for. Behind it comes the standard input.
type request struct {
	Args, Env []string
	Dir, Temp string
}

// What parts of an answer are: the first byte of each, with the length of the rest behind it.
const (
	output byte = 1 + iota
	errors
	status
)

// variable holds the address for programs under Wine.
const variable = "SKLEAK_WINE_GIT"

func main() {
	var err error
	code := 0
	if address := os.Getenv(variable); address != "" {
		code, err = ask(address)
	} else {
		err = serve(os.Args[1])
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "winegit:", err)
		os.Exit(1)
	}
	os.Exit(code)
}

var driveZ = regexp.MustCompile(`[Zz]:[\\/]\S*`)

// onMachine translates names of files.
func onMachine(text string) string {
	return driveZ.ReplaceAllStringFunc(text, func(name string) string { return strings.ReplaceAll(name[2:], `\`, "/") })
}

func ask(address string) (code int, err error) {
	conn, err := net.Dial("tcp", address)
	if err != nil {
		return 0, err
	}
	defer conn.Close()
	dir, err := os.Getwd()
	if err != nil {
		return 0, err
	}
	r := request{Dir: onMachine(dir), Temp: onMachine(os.TempDir())}
	for _, arg := range os.Args[1:] {
		r.Args = append(r.Args, onMachine(arg))
	}
	for _, entry := range os.Environ() {
		if strings.HasPrefix(entry, "GIT_") || strings.HasPrefix(entry, "TZ=") {
			r.Env = append(r.Env, strings.ReplaceAll(onMachine(entry), "=NUL", "=/dev/null"))
		}
	}
	if err := json.NewEncoder(conn).Encode(r); err != nil {
		return 0, err
	}
	go func() {
		_, _ = io.Copy(conn, os.Stdin)
		_ = conn.(*net.TCPConn).CloseWrite()
	}()
	for {
		var head [5]byte
		if _, err := io.ReadFull(conn, head[:]); err != nil {
			return 0, err
		}
		n := binary.BigEndian.Uint32(head[1:])
		to := io.Writer(os.Stdout)
		switch head[0] {
		case status:
			return int(n), nil
		case errors:
			to = os.Stderr
		}
		if _, err := io.CopyN(to, conn, int64(n)); err != nil {
			return 0, err
		}
	}
}

func serve(file string) error {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	if err := os.WriteFile(file+".new", []byte(listener.Addr().String()), 0o600); err != nil {
		return err
	}
	if err := os.Rename(file+".new", file); err != nil {
		return err
	}
	go func() {
		for {
			conn, err := listener.Accept()
			if err != nil {
				return
			}
			go answer(conn)
		}
	}()
	for _, err := os.Stat(file); err == nil; _, err = os.Stat(file) {
		time.Sleep(100 * time.Millisecond)
	}
	return listener.Close()
}

// parts writes parts of one kind.
type parts struct {
	kind byte
	conn net.Conn
	lock *sync.Mutex
}

func (p parts) Write(b []byte) (int, error) {
	p.lock.Lock()
	defer p.lock.Unlock()
	head := binary.BigEndian.AppendUint32([]byte{p.kind}, uint32(len(b)))
	if _, err := p.conn.Write(append(head, b...)); err != nil {
		return 0, err
	}
	return len(b), nil
}

func answer(conn net.Conn) {
	defer conn.Close()
	decoder := json.NewDecoder(conn)
	var r request
	if decoder.Decode(&r) != nil {
		return
	}
	rest := decoder.Buffered()
	_, _ = io.CopyN(io.Discard, rest, 1) // the line's end
	lock := &sync.Mutex{}
	c := exec.Command("git", r.Args...)
	c.Dir = r.Dir
	c.Env = append([]string{"PATH=" + os.Getenv("PATH"), "HOME=/nonexistent", "LC_ALL=C"}, r.Env...)
	stdout := parts{output, conn, lock}
	c.Stdout, c.Stderr = stdout, parts{errors, conn, lock}
	if tellsPaths(r.Args) {
		c.Stdout = &drives{to: stdout, temp: r.Temp}
	}
	in, err := c.StdinPipe()
	if err == nil {
		err = c.Start()
	}
	if err != nil {
		fmt.Fprintln(c.Stderr, err)
		_, _ = conn.Write([]byte{status, 0, 0, 0, 127})
		return
	}
	go func() {
		_, _ = io.Copy(in, io.MultiReader(rest, conn))
		_ = in.Close()
	}()
	_ = c.Wait()
	if d, ok := c.Stdout.(*drives); ok {
		d.flush()
	}
	lock.Lock()
	defer lock.Unlock()
	_, _ = conn.Write(binary.BigEndian.AppendUint32([]byte{status}, uint32(c.ProcessState.ExitCode())))
}

// tellsPaths is true for commands that tell the names of folders.
func tellsPaths(args []string) bool {
	for _, arg := range args {
		switch arg {
		case "rev-parse", "worktree", "count-objects", "config", "var", "check-ignore":
			return true
		}
	}
	return false
}

// drives writes names of folders as git for Windows does.
type drives struct {
	to   io.Writer
	temp string
	text bytes.Buffer
}

func (d *drives) Write(b []byte) (int, error) { return d.text.Write(b) }

func (d *drives) flush() {
	_, _ = d.to.Write(bytes.ReplaceAll(d.text.Bytes(), []byte(d.temp), []byte("Z:"+d.temp)))
}
