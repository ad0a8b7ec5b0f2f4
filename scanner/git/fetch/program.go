package fetch

import (
	"bufio"
	"bytes"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/sourcegraph/conc"

	"skleak/scanner/git/oid"
)

// Where git fetches, it is asked for refs and for packs, as servers are. What becomes of them is decided here all the
// same: git writes no ref of the mirror. Its configuration is the user's own and what stands here; the mirror's is written
// anew each time, and the refs and objects of a repository have none.

// errNoGit says that there is no git to fetch with.
var errNoGit = errors.New("there is no program git in PATH: install it, or fetch without it")

// ourConfig is what git is told besides the user's configuration.
var ourConfig = []string{
	"protocol.allow=never", "protocol.https.allow=always", "protocol.ssh.allow=always", "protocol.git.allow=always",
	"core.hooksPath=" + os.DevNull, "core.fsmonitor=false", "core.sharedRepository=0600", "gc.auto=0", "maintenance.auto=false",
	"fetch.unpackLimit=1", "fetch.fsckObjects=false", "fetch.recurseSubmodules=false", "fetch.writeCommitGraph=false",
	"pack.writeReverseIndex=false", "transfer.unpackLimit=1", "transfer.fsckObjects=false", "transfer.bundleURI=false",
}

// command is git, in a folder.
func (s *Server) command(dir string, args ...string) (*exec.Cmd, error) {
	program, err := exec.LookPath("git")
	if err != nil {
		return nil, errNoGit
	}
	u := s.request.URL
	own := slices.Clone(ourConfig)
	if u.scheme == "http" {
		own = append(own, "protocol.http.allow=always")
	}
	if user, secret, _ := s.request.Credentials.forURL(u); secret != "" {
		own = append(own, "http."+u.scheme+"://"+u.hostPort()+"/.extraHeader=Authorization: Basic "+
			base64.StdEncoding.EncodeToString([]byte(user+":"+secret)))
	}
	c := exec.CommandContext(s.watch.ctx, program, args...)
	c.Dir, c.WaitDelay = dir, time.Second
	c.Env = environmentFor(s.request.Credentials.Env, dir, own)
	return c, nil
}

// environmentFor is an environment for git. Configuration is handed over in it and not as arguments, which every user of the
// machine can see. Of the user's variables for git, those that say where the user's configuration lies stay, and
// those that say how to connect.
func environmentFor(env map[string]string, dir string, own []string) (list []string) {
	stays := []string{"GIT_CONFIG_GLOBAL", "GIT_CONFIG_SYSTEM", "GIT_CONFIG_NOSYSTEM", "GIT_SSH", "GIT_SSH_COMMAND",
		"GIT_SSH_VARIANT", "GIT_PROXY_COMMAND", "GIT_EXEC_PATH"}
	for _, name := range slices.Sorted(maps.Keys(env)) {
		if !strings.HasPrefix(name, "GIT_") || strings.HasPrefix(name, "GIT_SSL_") || slices.Contains(stays, name) {
			list = append(list, name+"="+env[name])
		}
	}
	for i, setting := range own {
		name, value, _ := strings.Cut(setting, "=")
		list = append(list, fmt.Sprintf("GIT_CONFIG_KEY_%d=%s", i, name), fmt.Sprintf("GIT_CONFIG_VALUE_%d=%s", i, value))
	}
	return append(list, "GIT_CONFIG_COUNT="+strconv.Itoa(len(own)), "GIT_TERMINAL_PROMPT=0", "GIT_CEILING_DIRECTORIES="+
		filepath.Dir(dir), "LC_ALL=C")
}

// askProgram has git ask for the refs.
func (s *Server) askProgram() error {
	dir, err := os.MkdirTemp("", "skleak-ask-")
	if err != nil {
		return fmt.Errorf("making a folder to ask in: %w", err)
	}
	defer os.RemoveAll(dir) //nolint:errcheck // nothing is in it
	c, err := s.command(dir, "ls-remote", "--symref", "--", s.request.URL.forGit())
	if err != nil {
		return err
	}
	said := &tail{}
	c.Stderr = &alive{said, s.watch}
	out, err := c.StdoutPipe()
	if err == nil {
		err = c.Start()
	}
	if err != nil {
		return fmt.Errorf("running git: %w", err)
	}
	readErr := s.readListed(&heard{ReadCloser: out, watch: s.watch, left: s.watch.maxRefs, over: errManyRefs})
	if readErr != nil {
		s.watch.stop(readErr)
	}
	if err := c.Wait(); err != nil && readErr == nil {
		return said.ofGit()
	}
	return readErr
}

// readListed reads what ls-remote says.
func (s *Server) readListed(in io.Reader) error {
	lines := bufio.NewScanner(in)
	lines.Buffer(nil, 64<<10)
	for lines.Scan() {
		what, name, _ := strings.Cut(lines.Text(), "\t")
		if target, ok := strings.CutPrefix(what, "ref: "); ok {
			if name == "HEAD" && isBranch(target) {
				s.Refs.Head = target
			}
			continue
		}
		id, err := oid.Parse(what)
		if err != nil || len(what) != 2*oid.SHA1.Size() {
			return errNotSpoken
		}
		if tag, ok := strings.CutSuffix(name, "^{}"); ok {
			if last := len(s.Refs.List) - 1; last >= 0 && s.Refs.List[last].Name == tag {
				s.Refs.List[last].Peeled = id
			}
			continue
		}
		if name == "HEAD" && s.Refs.Head == "" {
			s.Refs.Head = what
		}
		if err := s.Refs.add(Ref{Name: name, ID: id}); err != nil {
			return err
		}
	}
	if err := lines.Err(); err != nil && s.watch.ctx.Err() == nil {
		return errNotSpoken
	}
	slices.SortFunc(s.Refs.List, func(a, b Ref) int { return strings.Compare(a.Name, b.Name) })
	return nil
}

// bringByProgram has git bring a pack. What it has, git tells the server by the mirror's refs.
func (s *Server) bringByProgram(wants []oid.ID) error {
	dir := s.request.Dir
	head := filepath.Join(dir, "HEAD")
	if _, err := os.Lstat(head); errors.Is(err, fs.ErrNotExist) { // without which git takes it for no repository
		if err := replaceFile(dir, "HEAD", "ref: refs/heads/main\n"); err != nil {
			return err
		}
		defer func() { _ = os.Remove(head) }() // the refs come with another
	}
	c, err := s.command(dir, "--git-dir=.", "fetch", "--no-tags", "--no-write-fetch-head", "--no-auto-maintenance", "--progress",
		"--stdin", "--", s.request.URL.forGit())
	if err != nil {
		return err
	}
	var list bytes.Buffer
	for _, id := range wants {
		fmt.Fprintf(&list, "%s\n", id.Hex(oid.SHA1))
	}
	said := &tail{}
	c.Stdin, c.Stderr = &list, &alive{said, s.watch}
	before, end := packFiles(dir), make(chan struct{})
	var weighing conc.WaitGroup // which hands on a panic
	weighing.Go(func() { s.weigh(before, end) })
	err = c.Run()
	close(end)
	weighing.Wait()
	came := bytesBeside(dir, before)
	switch {
	case err != nil:
		err = said.ofGit()
	case came > s.request.most():
		err = s.request.errTooLarge()
	}
	if err != nil {
		return errors.Join(err, removeBeside(dir, before))
	}
	if s.request.Received != nil {
		s.request.Received(came)
	}
	return nil
}

// weigh looks at how much has come, and ends the fetch when that is too much.
func (s *Server) weigh(before map[string]int64, end <-chan struct{}) {
	tick := time.NewTicker(500 * time.Millisecond)
	defer tick.Stop()
	for last := int64(0); ; {
		select {
		case <-end:
			return
		case <-tick.C:
		}
		came := bytesBeside(s.request.Dir, before)
		if came != last {
			last = came
			s.watch.heard(1)
		}
		if came > s.request.most() {
			s.watch.stop(s.request.errTooLarge())
		} else if err := s.request.checkRoom(0); err != nil {
			s.watch.stop(err)
		}
	}
}

// packFiles are the sizes of a mirror's packs and of what lies beside them, by name. What cannot be read now is named later.
func packFiles(dir string) map[string]int64 {
	sizes := map[string]int64{}
	files, _ := os.ReadDir(filepath.Join(dir, "objects", "pack"))
	for _, file := range files {
		if info, err := file.Info(); err == nil {
			sizes[file.Name()] = info.Size()
		}
	}
	return sizes
}

// bytesBeside is what packs take that were not there before, finished or not.
func bytesBeside(dir string, before map[string]int64) (bytes int64) {
	for name, size := range packFiles(dir) {
		if _, was := before[name]; !was && (strings.HasPrefix(name, temporaryPack) || strings.HasSuffix(name, ".pack")) {
			bytes += size
		}
	}
	return bytes
}

// removeBeside removes what was not there before.
func removeBeside(dir string, before map[string]int64) (err error) {
	for name := range packFiles(dir) {
		if _, was := before[name]; !was {
			err = errors.Join(err, os.Remove(filepath.Join(dir, "objects", "pack", name)))
		}
	}
	return err
}

// alive tells the watch that git has said something.
type alive struct {
	to    io.Writer
	watch *watch
}

func (a *alive) Write(p []byte) (int, error) {
	a.watch.heard(len(p))
	return a.to.Write(p)
}

// ofGit is why git failed, told from what it writes, which is not repeated: the server has a say in it.
func (t *tail) ofGit() error {
	text := strings.ToLower(string(t.text))
	for _, is := range []struct {
		words []string
		err   error
	}{
		{[]string{"not our ref", "unadvertised object"}, errNotOurs},
		{[]string{"authentication failed", "could not read username", "could not read password", "permission denied",
			"error: 403", "error: 401"}, &Error{Forbidden, "the server does not let git read this repository: it takes the token, " +
			"or what your credential helper has"}},
		{[]string{"error: 451"}, errWithheld},
		{[]string{"error: 410"}, errGone},
		{[]string{"no space left", "disk full", "disk quota"}, errFull},
		{[]string{"could not resolve host"}, errUnknownHost},
	} {
		for _, words := range is.words {
			if strings.Contains(text, words) {
				return is.err
			}
		}
	}
	if saysNotFound(text) {
		return &Error{Gone, "there is no such repository, or it is not for you: look at the URL again"}
	}
	return errors.New("git could not fetch it: `git ls-remote` of the URL tells why")
}
