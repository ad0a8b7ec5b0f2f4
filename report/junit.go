package report

import (
	"bufio"
	"encoding/xml"
	"fmt"
	"strings"

	"skleak/scanner"
)

// The types below are what is written of JUnit's XML, as Jenkins and Azure read it: a leak is a test, which fails if
// the leak counts and is skipped if it does not. What could not be read is an error of one more test.

type junitSuites struct {
	XMLName xml.Name   `xml:"testsuites"`
	Suite   junitSuite `xml:"testsuite"`
}

type junitSuite struct {
	Name      string      `xml:"name,attr"`
	Tests     int         `xml:"tests,attr"`
	Failures  int         `xml:"failures,attr"`
	Errors    int         `xml:"errors,attr"`
	Skipped   int         `xml:"skipped,attr"`
	Time      string      `xml:"time,attr"`
	Timestamp string      `xml:"timestamp,attr,omitempty"`
	Cases     []junitCase `xml:"testcase"`
}

type junitCase struct {
	Class   string        `xml:"classname,attr"`
	Name    string        `xml:"name,attr"`
	Failure *junitProblem `xml:"failure"`
	Error   *junitProblem `xml:"error"`
	Skipped *junitProblem `xml:"skipped"`
}

type junitProblem struct {
	Message string `xml:"message,attr"`
	Type    string `xml:"type,attr,omitempty"`
	Text    string `xml:",chardata"`
}

func writeJUnit(w *bufio.Writer, r *shown, o Options) error {
	s := junitSuite{Name: toolName, Time: fmt.Sprintf("%.3f", r.Duration.Seconds())}
	if !r.StartedAt.IsZero() {
		s.Timestamp = r.StartedAt.UTC().Format("2006-01-02T15:04:05")
	}
	reading := junitCase{Class: toolName, Name: "everything could be read"}
	if !r.Complete() {
		s.Errors++
		reading.Error = &junitProblem{Message: r.gap(), Text: strings.Join(unreadableLines(r.Coverage, true, visible), "\n")}
	}
	s.Cases = append(s.Cases, reading)
	for _, l := range r.Leaks {
		if l.Placeholder {
			continue
		}
		c := junitCase{Class: toolName, Name: fmt.Sprintf("%s %s (fingerprint %s)", visible(string(l.Environment)),
			visible(o.keyOf(l)), l.Key.Fingerprint())}
		if l.Counts() {
			s.Failures++
			c.Failure = &junitProblem{Message: junitMessage(l), Type: "leak", Text: placesText(l)}
		} else {
			s.Skipped++
			c.Skipped = &junitProblem{Message: suppression(l, visible)}
		}
		s.Cases = append(s.Cases, c)
	}
	s.Tests = len(s.Cases)
	text, err := xml.MarshalIndent(junitSuites{Suite: s}, "", " ")
	fmt.Fprintf(w, "%s%s\n", xml.Header, text)
	return err
}

func junitMessage(l Leak) string {
	text := fmt.Sprintf("leaked %s key, %s", visible(string(l.Environment)), providerText(l))
	switch l.Status {
	case scanner.StatusInactive:
		return text + ", inactive"
	case scanner.StatusActive:
		text += ", active"
	}
	return text + ": revoke it at its provider"
}

// placesText lists the first places of a leak, one a line.
func placesText(l Leak) string {
	const shown = 100
	spots, lines := spotsOf(l), []string(nil)
	for i, s := range spots {
		if i == shown {
			lines = append(lines, "and "+scanner.Counted(int64(len(spots)-i), "more place"))
			break
		}
		lines = append(lines, visible(placeOf(s.Finding)))
	}
	return strings.Join(lines, "\n")
}
