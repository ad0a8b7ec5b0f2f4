package liveness

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"strings"

	"skleak/rules/provider"
)

// reply is what came back for one request.
type reply struct {
	status int
	body   []byte
	whole  bool // the body ends here; otherwise it was longer than is read
}

// judge reads a reply by the provider's table: the first answer that fits counts. What fits none is
// Unknown, with what is strange about it.
func judge(answers []provider.Answer, r reply) (Status, string) {
	doc, err := parse(r)
	if err == nil {
		for i := range answers {
			if doc.fits(&answers[i], r.status) {
				return Status(answers[i].Means), answers[i].Reason
			}
		}
	}
	return Unknown, strange(r, err)
}

// document is a JSON body. Of one that is longer than is read only its kind is known.
type document struct {
	kind  string // "object" or "array"
	value any    // nil unless whole
	whole bool
}

var errNotJSON = errors.New("no JSON object or array")

func parse(r reply) (document, error) {
	text := bytes.Trim(r.body, " \t\r\n") // JSON knows no other white space
	var doc document
	switch {
	case bytes.HasPrefix(text, []byte("{")):
		doc.kind = "object"
	case bytes.HasPrefix(text, []byte("[")):
		doc.kind = "array"
	default:
		return doc, errNotJSON
	}
	if !r.whole {
		return doc, checkStart(text)
	}
	doc.whole = true
	d := json.NewDecoder(bytes.NewReader(text))
	d.UseNumber()
	if err := d.Decode(&doc.value); err != nil {
		return doc, errNotJSON
	}
	if _, err := d.Token(); !errors.Is(err, io.EOF) {
		return doc, errNotJSON // something follows
	}
	return doc, nil
}

// checkStart is nil if text, the beginning of a body, is the beginning of a JSON document. A list of
// a tenant's files may be long; that it is one is all that has to be known of it.
func checkStart(text []byte) error {
	d := json.NewDecoder(bytes.NewReader(text))
	for depth := 0; ; {
		token, err := d.Token()
		switch {
		case errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF):
			return nil
		case err != nil:
			return errNotJSON
		}
		switch token {
		case json.Delim('{'), json.Delim('['):
			depth++
		case json.Delim('}'), json.Delim(']'):
			depth--
		}
		if depth == 0 {
			return errNotJSON // it ended, and more followed
		}
	}
}

// fits says whether the document, which came with the status, is the answer that a stands for. Only
// a whole document has fields, and only a whole one can say that a key is dead.
func (d document) fits(a *provider.Answer, status int) bool {
	if a.Status != status || a.Body != "" && a.Body != d.kind {
		return false
	}
	if !d.whole {
		return a.Means == provider.MeansActive && len(a.Where) == 0 && len(a.Has) == 0
	}
	for path, want := range a.Where {
		if value, ok := field(d.value, path); !ok || !equals(value, want) {
			return false
		}
	}
	for _, path := range a.Has {
		if value, ok := field(d.value, path); !ok || value == nil {
			return false
		}
	}
	return true
}

// field follows a path of names and indexes, parted by dots.
func field(value any, path string) (any, bool) {
	for step := range strings.SplitSeq(path, ".") {
		switch at := value.(type) {
		case map[string]any:
			next, ok := at[step]
			if !ok {
				return nil, false
			}
			value = next
		case []any:
			i, err := strconv.Atoi(step)
			if err != nil || i < 0 || i >= len(at) {
				return nil, false
			}
			value = at[i]
		default:
			return nil, false
		}
	}
	return value, true
}

// equals compares a value of a document with one of a table: a string, a bool or an int64.
func equals(value, want any) bool {
	if number, ok := value.(json.Number); ok {
		n, err := number.Int64()
		return err == nil && want == n
	}
	switch value.(type) {
	case string, bool:
		return value == want
	}
	return false
}

// strange says why a reply that fits no answer tells nothing.
func strange(r reply, notJSON error) string {
	status := fmt.Sprintf("status %d", r.status)
	switch {
	case r.status >= 300 && r.status < 400:
		return "answered by a redirect (" + status + "), which is not followed"
	case r.status == http.StatusTooManyRequests:
		return "too many requests (" + status + "), after retries as well"
	case r.status >= 500:
		return "the server has trouble (" + status + "), after retries as well"
	case notJSON != nil && bytes.HasPrefix(bytes.TrimSpace(r.body), []byte("<")):
		return status + " with a web page in place of JSON: something on the way may have answered"
	case notJSON != nil && r.status == http.StatusNotFound:
		return "nothing is there (" + status + ")"
	case notJSON != nil:
		return status + " without the JSON that the provider documents"
	case !r.whole:
		return fmt.Sprintf("%s with an answer longer than %d KB, and more than its kind would have to be known", status,
			maxBody>>10)
	}
	return status + " with JSON that the provider does not document"
}
