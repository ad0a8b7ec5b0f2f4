package audittest

import (
	"fmt"
	"net"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"skleak/scanner/scantest"
)

// namespace is a network of its own, reached by one cable.
type namespace struct{ name, cable, here string }

// newNamespace needs root, and a system that lets it make networks.
func newNamespace(t *testing.T) namespace {
	t.Helper()
	if os.Geteuid() != 0 {
		t.Skip("only root makes networks")
	}
	n := namespace{fmt.Sprintf("skleak-%d", os.Getpid()), fmt.Sprintf("sk%d", os.Getpid()), "10.213.77.1"}
	t.Cleanup(func() { _ = exec.Command("ip", "netns", "del", n.name).Run() })
	for _, line := range []string{
		"netns add " + n.name,
		"link add " + n.cable + " type veth peer name far netns " + n.name,
		"addr add " + n.here + "/24 dev " + n.cable,
		"link set " + n.cable + " up",
		"-n " + n.name + " addr add 10.213.77.2/24 dev far",
		"-n " + n.name + " link set far up",
		"-n " + n.name + " link set lo up",
	} {
		if out, err := exec.Command("ip", strings.Fields(line)...).CombinedOutput(); err != nil {
			t.Skipf("ip %s: %v %s", line, err, out)
		}
	}
	return n
}

// link puts the cable in, or pulls it out.
func (n namespace) link(t *testing.T, way string) {
	if out, err := exec.Command("ip", "link", "set", n.cable, way).CombinedOutput(); err != nil {
		t.Fatalf("%v %s", err, out)
	}
}

// TestHostileCutOff: a worker whose network is cut off for longer than a job is waited for changes nothing of what is told.
func TestHostileCutOff(t *testing.T) {
	if !scantest.Hostile() {
		t.Skip("takes two minutes")
	}
	n := newNamespace(t)
	w := newWorld(t, 24)
	w.host.Token = ""
	listener, err := net.Listen("tcp", n.here+":0")
	if err != nil {
		t.Fatal(err)
	}
	server := httptest.NewUnstartedServer(w.host)
	server.Listener = listener
	server.Start()
	defer server.Close()
	var list strings.Builder
	for name := range w.git {
		fmt.Fprintf(&list, "%s/%s.git\n", server.URL, name)
	}
	file := filepath.Join(w.home, "list.txt")
	if err := os.WriteFile(file, []byte(list.String()), 0o600); err != nil {
		t.Fatal(err)
	}
	alone, cut := filepath.Join(w.home, "alone.json"), filepath.Join(w.home, "cut.json")
	w.run(1, "run", "@"+file, "-q", "-r", alone, "--state", filepath.Join(w.home, "alone"))

	join := filepath.Join(w.home, "join.skleak")
	c := w.command("run", "@"+file, "-q", "-r", cut, "--state", filepath.Join(w.home, "cut"), "--jobs", "1",
		"--listen", n.here+":42229", "--join-file", join)
	said := w.started(c)
	within(t, 30*time.Second, "the coordinator writes the join file", isFile(join))
	worker := w.elsewhere(join)
	worker.Args = append([]string{"ip", "netns", "exec", n.name}, worker.Args...)
	if worker.Path, err = exec.LookPath("ip"); err != nil {
		t.Skip(err)
	}
	w.started(worker)
	time.Sleep(500 * time.Millisecond)
	n.link(t, "down")
	back := time.AfterFunc(90*time.Second, func() { n.link(t, "up") })
	err = c.Wait()
	back.Stop()
	if c.ProcessState.ExitCode() != 1 {
		t.Fatalf("error %v:\n%s", err, said)
	}
	w.same(w.read(alone).plain(), w.read(cut).plain())
}
