package pack

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"os"
	"testing"
	"text/tabwriter"
	"time"
)

// TestCores prints how quick the walk of the repository that SKLEAK_BENCH_REPO names would be on up to 16 cores. See
// docs/benchmarks.md for what it told.
func TestCores(t *testing.T) {
	p := benchPack(t)
	layout, serial, shared := timedLayout(t, p)
	fmt.Printf("%d objects, %d MB of pack; laying out: %.0f ms by one core, %.0f ms by all\n", p.Index.Len(), p.Size()>>20,
		serial/1e6, shared/1e6)
	blobs := costsOf(t, layout, Kinds(Blob), 7)
	trees := costsOf(t, layout, Kinds(Commit, Tree, Tag), 7)
	out := tabwriter.NewWriter(os.Stdout, 0, 0, 2, ' ', tabwriter.AlignRight)
	fmt.Fprintln(out, "cores\twork ms\tchain ms\tms\tidle %\tfor large %\tspeed-up\twith layout\tMB held\tgiven away\t")
	one := 0.0
	for _, cores := range []int{1, 2, 4, 8, 16} {
		var work, chain, end, idle, locked float64
		var peak int64
		given := 0
		for _, s := range []simulation{{costs: blobs, kinds: Kinds(Blob)},
			{costs: trees, kinds: Kinds(Commit, Tree, Tag)}} {
			s.layout, s.memory, s.wakes = layout, DefaultMemory, 5_000
			w, c := s.bounds()
			work, chain, end, idle = work+w, chain+c, end+s.run(cores), idle+s.idle
			peak, given, locked = max(peak, s.peak), given+s.given, locked+s.locked
		}
		if cores == 1 {
			one = end
		}
		whole := end + serial + shared/float64(cores)
		share := 100 / end / float64(cores)
		fmt.Fprintf(out, "%d\t%.0f\t%.1f\t%.1f\t%.1f\t%.1f\t%.2f\t%.2f\t%d\t%d\t\n", cores, work/1e6, chain/1e6, end/1e6,
			idle*share, locked*share, one/end, (one+serial+shared)/whole, peak>>20, given)
	}
	out.Flush()
}

// timedLayout lays a pack out with one worker, and tells how long what one core does alone took, and what all do.
func timedLayout(t *testing.T, p *Pack) (l *Layout, serial, shared float64) {
	l = &Layout{pack: p}
	start := time.Now()
	if err := l.sortAndRefine(); err != nil {
		t.Fatal(err)
	}
	sorted := time.Now()
	base, err := l.readHeaders(1)
	if err != nil {
		t.Fatal(err)
	}
	read := time.Now()
	l.link(base)
	l.findUnreachable()
	serial = float64(sorted.Sub(start) + time.Since(read))
	return l, serial, float64(read.Sub(sorted))
}

// costsOf walks with one worker and tells what each entry takes: so much for it, for each byte that is inflated and for
// each that a delta makes. The clock is read between entries, and the costs of entries add up to those of tasks.
func costsOf(t *testing.T, l *Layout, kinds KindSet, margin int) []cost {
	timer := &timer{t: t, ranks: l.Ranks(), costs: make([]cost, l.Len())}
	w := Walk{Layout: l, Kinds: kinds, Margin: margin, Workers: 1, Skim: Kinds(Blob)}
	timer.last = time.Now()
	if err := w.Run(context.Background(), func() Visitor { return timer }); err != nil {
		t.Fatal(err)
	}
	base := l.bases()
	partsOf := func(r uint32) (parts [3]float64) {
		e, err := l.pack.entryAt(l.offset(r))
		if err != nil {
			t.Fatal(err)
		}
		parts = [3]float64{1, float64(e.size), 0}
		if c := timer.costs[r]; base[r] != none && c.built {
			parts[2] = float64(c.size)
		}
		return parts
	}
	var parts [][3]float64
	var times []float64
	for _, task := range l.tasks {
		var sum [3]float64
		var took float64
		for _, root := range task {
			if kinds.Has(l.kind[root]) {
				l.EachBelow(root, func(r uint32) {
					one := partsOf(r)
					sum[0], sum[1], sum[2] = sum[0]+one[0], sum[1]+one[1], sum[2]+one[2]
					took += timer.costs[r].time
				})
			}
		}
		if took > 0 {
			parts, times = append(parts, sum), append(times, took)
		}
	}
	by := fitted(parts, times)
	fmt.Printf("kinds %b: %.0f ns an entry, %.2f ns a byte inflated, %.3f ns a byte that a delta makes\n", kinds, by[0], by[1],
		by[2])
	for r := range timer.costs {
		if timer.costs[r].time > 0 {
			one := partsOf(uint32(r))
			timer.costs[r].time = one[0]*by[0] + one[1]*by[1] + one[2]*by[2]
		}
	}
	return timer.costs
}

// timer is a visitor that reads what a search would read, and notes how long each entry took, from the one before it.
type timer struct {
	t     *testing.T
	ranks []uint32
	costs []cost
	last  time.Time
	lines int
}

func (v *timer) note(position int, size uint64, built bool) {
	now := time.Now()
	v.costs[v.ranks[position]] = cost{float64(now.Sub(v.last)), int64(size), built}
	v.last = now
}

func (v *timer) Visit(o *Object) Mark {
	if !o.Delta {
		v.lines += bytes.Count(o.Content, []byte{'\n'})
	}
	for _, d := range o.Dirty {
		v.lines += bytes.Count(o.Content[d.From:d.To], []byte{'\n'})
	}
	v.note(o.Position, uint64(len(o.Content)), true)
	return 0
}

func (v *timer) Skim(o *Object, size int, fresh []byte) (whole bool) {
	v.lines += bytes.Count(fresh, []byte{'\n'})
	v.note(o.Position, uint64(size), false)
	return false
}

func (v *timer) Stream(o *Object, size uint64, content io.Reader) error {
	_, err := io.Copy(io.Discard, content)
	v.note(o.Position, size, false)
	return err
}

func (v *timer) Failed(_ *Pack, position int, err error) { v.t.Errorf("object %d: %v", position, err) }
