package main

import (
	"fmt"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"time"
)

const history = "at least 25 times"

func (b *bench) rows(repos []string) []row {
	var rows []row
	for _, repo := range repos {
		rows = append(rows, row{"history of " + name(repo) + ", against gitleaks", history,
			func() (string, bool, error) { return b.history(repo) }})
	}
	if len(repos) > 0 {
		rows = append(rows,
			row{"  its processor time by packed bytes, most to least", "at most 1.5 times", b.proportion},
			row{"processor time of " + name(repos[0]) + ", against inflating alone", "at most 1.6 times",
				func() (string, bool, error) { return b.inflating(repos[0]) }},
			row{"anonymous memory, " + name(repos[0]), "under 256 MB",
				func() (string, bool, error) { return b.memory(repos[0]) }},
			row{"resident memory, " + name(repos[0]), "under 300 MB",
				func() (string, bool, error) { return b.resident(repos[0]) }},
			row{"tables of its largest pack", "under 24 B/object", func() (string, bool, error) { return tables(repos[0]) }},
			row{"provenance of " + b.literal + ", " + name(repos[0]), "at most 1.3 times",
				func() (string, bool, error) { return b.provenance(repos[0]) }},
			row{"push of 20 commits, " + name(repos[0]), "25 ms of processor time",
				func() (string, bool, error) { return b.push(repos[0]) }},
			row{"server's check of 1,000 objects, " + name(repos[0]), "50 ms of processor time",
				func() (string, bool, error) { return b.receive(repos[0]) }},
			row{"10 checkouts of " + name(repos[0]) + ", against rg -uuu -j2 -c", "at most 1 time",
				func() (string, bool, error) { return b.againstRipgrep("checkouts", makeCheckouts(repos[0])) }},
		)
	}
	rows = append(rows, b.counts()...)
	return append(rows,
		row{"one family of 5,000 versions of 2 MB", "cores busy to 90 %", b.family},
		row{"5,000 keys in 800 versions of a file", "5 s, 200 MB", func() (string, bool, error) {
			return b.bounded("keys in 800 versions", writeKeyVersions(800), 5*time.Second, 200<<20)
		}},
		row{"5,000 keys in 8,000 versions of a file", "512 MB", func() (string, bool, error) {
			return b.bounded("keys in 8000 versions", writeKeyVersions(8_000), 0, 512<<20)
		}},
		row{"1,000 keys, 20,000 refs", "2 s, 50 MB", func() (string, bool, error) {
			return b.bounded("keys and refs", writeKeyRefs, 2*time.Second, 50<<20)
		}},
		row{"40,000 commits with a key in each message", "5 s", func() (string, bool, error) {
			return b.bounded("keys in messages", writeKeyMessages, 5*time.Second, 0)
		}},
		row{millions, "1 GB anonymous", b.tenMillion},
		row{"300,000 loose objects, against reading plainly", "at most 1.3 times", b.loose},
		row{"76,000 files, against rg -uuu -j2 -c", "at most 1 time", b.files},
		row{"76,000 files of 0.5 to 3 kB, against rg -uuu -j2 -c", "at most 1 time", func() (string, bool, error) {
			return b.againstRipgrep("small files", makeSmallFiles)
		}},
		row{"one file of 2 GB", "2 GB/s and core", b.file},
		row{"one staged file of 40,000, against gitleaks", "at most 1 time, 8 ms of processor time", b.staged},
		row{"version, against an empty program", "1.5 ms of processor time more", b.version},
	)
}

func name(repo string) string {
	base := filepath.Base(strings.TrimSuffix(repo, "/"))
	if base == "repo" || base == ".git" {
		base = filepath.Base(filepath.Dir(repo))
	}
	return strings.TrimSuffix(base, ".git")
}

// compare runs ours and theirs in turn and tells how ours stands to theirs, which may be at most limit.
func compare(runs int, ours, theirs command, limit float64) (string, bool, error) {
	best, err := least(runs, ours, theirs)
	if err != nil {
		return "", false, err
	}
	ratio := best[0].wall.Seconds() / best[1].wall.Seconds()
	return fmt.Sprintf("%.2f times (%s against %s)", ratio, short(best[0].wall), short(best[1].wall)), ratio <= limit, nil
}

func short(d time.Duration) string {
	if d < time.Second {
		return fmt.Sprintf("%.1f ms", d.Seconds()*1000)
	}
	return fmt.Sprintf("%.2f s", d.Seconds())
}

func (b *bench) history(repo string) (string, bool, error) {
	size, objects, err := packed(repo)
	if err != nil {
		return "", false, err
	}
	theirs := command{args: []string{b.gitleaks, "git", repo, "-c", b.rule, "--no-banner", "--exit-code", "0"}}
	best, err := least(b.runs, b.scan("git", repo), theirs)
	if err != nil {
		return "", false, err
	}
	ours := best[0].wall.Seconds()
	b.costs = append(b.costs, best[0].least.Seconds()*1e3/(float64(size)/1e6))
	ratio := best[1].wall.Seconds() / ours
	return fmt.Sprintf("%.1f times (%s against %s; %d objects, %d MB)", ratio, short(best[0].wall),
		short(best[1].wall), objects, size/1e6), ratio >= 25, nil
}

// proportion tells how far apart the repositories are in what a megabyte of their packs takes. That is processor time:
// how much of it two cores do at once is told by the rows of their own.
func (b *bench) proportion() (string, bool, error) {
	if len(b.costs) < 2 {
		return "", false, fmt.Errorf("needs two repositories")
	}
	least, most := slices.Min(b.costs), slices.Max(b.costs)
	return fmt.Sprintf("%.1f times (%.1f to %.1f ms of processor time a MB of pack)", most/least, least, most),
		most/least <= 1.5, nil
}

func (b *bench) memory(repo string) (string, bool, error) {
	best, err := least(1, b.scan("git", repo))
	if err != nil {
		return "", false, err
	}
	if best[0].anonymous == 0 {
		return "", false, fmt.Errorf("this system does not tell")
	}
	return fmt.Sprintf("%d MB", best[0].anonymous>>20), best[0].anonymous < 256<<20, nil
}

func (b *bench) resident(repo string) (string, bool, error) {
	best, err := least(1, b.scan("git", repo))
	if err != nil {
		return "", false, err
	}
	if best[0].resident == 0 {
		return "", false, fmt.Errorf("this system does not tell")
	}
	return fmt.Sprintf("%d MB, %d MB of it anonymous", best[0].resident>>20, best[0].anonymous>>20),
		best[0].resident < 300<<20, nil
}

func (b *bench) provenance(repo string) (string, bool, error) {
	config, err := b.write("literal.toml",
		"[[rules]]\nid = \"bench\"\nliterals = [\""+b.literal+"\"]\nmin = 1\nmax = 20\n")
	if err != nil {
		return "", false, err
	}
	return compare(b.runs, b.scan("git", repo, "-c", config), b.scan("git", repo), 1.3)
}

func (b *bench) family() (string, bool, error) {
	repo, err := b.world("family", makeFamily)
	if err != nil {
		return "", false, err
	}
	best, err := least(5*b.runs, b.scan("git", repo))
	if err != nil {
		return "", false, err
	}
	busy := best[0].processor.Seconds() / best[0].wall.Seconds() / float64(runtime.NumCPU())
	return fmt.Sprintf("%.0f %% of %d cores (%s)", busy*100, runtime.NumCPU(), short(best[0].wall)), busy >= 0.9, nil
}

func (b *bench) loose() (string, bool, error) {
	repo, err := b.world("loose", makeLoose)
	if err != nil {
		return "", false, err
	}
	plain := command{args: []string{b.self, plainLoose, filepath.Join(repo, "objects")}}
	if err := warm(plain); err != nil {
		return "", false, err
	}
	return compare(b.runs, b.scan("git", repo), plain, 1.3)
}

func (b *bench) files() (string, bool, error) {
	if b.tree != "" {
		return b.folder(b.tree)
	}
	return b.againstRipgrep("tree", makeTree)
}

func (b *bench) againstRipgrep(world string, generate func(dir string) error) (string, bool, error) {
	tree, err := b.world(world, generate)
	if err != nil {
		return "", false, err
	}
	return b.folder(tree)
}

// folder compares the scan of a folder with ripgrep's, which looks into no archive.
func (b *bench) folder(tree string) (string, bool, error) {
	rg := command{args: []string{"rg", "-uuu", "-j2", "-c", "sk_(live|test)_[A-Za-z0-9]{10}", tree}}
	if err := warm(rg); err != nil {
		return "", false, err
	}
	return compare(3*b.runs, b.scan("dir", "--no-ignore", "--no-archives", tree), rg, 1)
}

func (b *bench) file() (string, bool, error) {
	file, err := b.world("file", makeFile)
	if err != nil {
		return "", false, err
	}
	ours := b.scan("dir", filepath.Join(file, large))
	if err := warm(ours); err != nil {
		return "", false, err
	}
	best, err := least(b.runs, ours)
	if err != nil {
		return "", false, err
	}
	speed := float64(largeSize) / best[0].processor.Seconds() / 1e9
	return fmt.Sprintf("%.2f GB/s and core (%s, %s of processor time)", speed, short(best[0].wall),
		short(best[0].processor)), speed >= 2, nil
}

func (b *bench) version() (string, bool, error) {
	best, err := least(20*b.runs, command{args: []string{b.ours, "version"}}, command{args: []string{b.empty}})
	if err != nil {
		return "", false, err
	}
	more := best[0].least - best[1].least
	return fmt.Sprintf("%s more (%s against %s)", short(more), short(best[0].least),
		short(best[1].least)), more <= 1500*time.Microsecond, nil
}
