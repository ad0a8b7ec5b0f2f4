package liveness

import (
	"encoding/json"
	"strings"
	"testing"

	"skleak/rules/provider"
)

// TestBuiltinChecks holds every built-in table against what its provider documents.
func TestBuiltinChecks(t *testing.T) {
	tested := map[string]bool{}
	for _, tt := range []struct {
		provider string
		status   int
		body     string
		want     Status
	}{
		{"laminr", 200, `{}`, Active},
		{"laminr", 401, unauthorized, Inactive},
		{"laminr", 403, forbidden, Active},
		{"laminr", 401, forbidden, Unknown},
		{"laminr", 403, unauthorized, Unknown},
		{"stripe", 200, `{"object":"balance","available":[]}`, Active},
		{"stripe", 200, `{"object":"list"}`, Unknown},
		{"stripe", 401, `{"error":{"type":"invalid_request_error","message":"Invalid API Key provided"}}`, Inactive},
		{"stripe", 403, `{"error":{"type":"invalid_request_error"}}`, Active},
		{"stripe", 403, `{"message":"Forbidden"}`, Unknown},
		{"clerk", 200, `[]`, Active},
		{"clerk", 200, `{}`, Unknown},
		{"clerk", 401, `{"errors":[{"code":"clerk_key_invalid"}]}`, Inactive},
		{"clerk", 401, `{"errors":[]}`, Unknown},
		{"paystack", 200, `{"status":true,"data":[]}`, Active},
		{"paystack", 200, `{"status":"true"}`, Unknown},
		{"paystack", 401, `{"status":false,"message":"Invalid key"}`, Inactive},
		{"paystack", 401, `{"status":false,"message":"Your IP address is not allowed to make this call"}`, Unknown},
		{"workos", 200, `{"object":"list","data":[]}`, Active},
		{"workos", 401, `{"message":"Unauthorized"}`, Inactive},
		{"workos", 403, `{"message":"Forbidden"}`, Active},
		{"workos", 401, `{"message":null}`, Unknown},
		{"transcriptmagic", 200, `{"balance":1}`, Active},
		{"transcriptmagic", 401, `{}`, Inactive},
		{"transcriptmagic", 401, `[]`, Unknown},
		{"transcriptmagic", 401, ``, Unknown},
	} {
		p := builtin(t, tt.provider)
		tested[p.ID] = true
		if got, detail := judge(p.Check.Answers, reply{tt.status, []byte(tt.body), true}); got != tt.want {
			t.Errorf("%s, %d %s: %s (%s), want %s", tt.provider, tt.status, tt.body, got, detail, tt.want)
		}
	}
	for _, p := range provider.Builtin() {
		if p.Check != nil && !tested[p.ID] {
			t.Errorf("the check of %s is not tested here", p.ID)
		}
	}
}

func TestFields(t *testing.T) {
	var doc any
	d := json.NewDecoder(strings.NewReader(`{"a":{"b":[{"c":7},null]},"n":null,"t":true,"f":1.5,"big":123456789012345678901,"Case":"x"}`))
	d.UseNumber()
	if err := d.Decode(&doc); err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct {
		path string
		want any
		ok   bool
	}{
		{"a.b.0.c", int64(7), true}, {"a.b.0.c", int64(8), false}, {"a.b.0.c", "7", false}, {"a.b.1", "", false},
		{"a.b.2", "", false}, {"a.b.-1", "", false}, {"a.b.x", "", false}, {"a.b.0.c.d", "", false}, {"a", "", false},
		{"n", "", false}, {"n", false, false}, {"t", true, true}, {"t", "true", false}, {"f", int64(1), false},
		{"big", int64(1), false}, {"case", "x", false}, {"Case", "x", true}, {"Case", "X", false},
	} {
		value, found := field(doc, tt.path)
		if got := found && equals(value, tt.want); got != tt.ok {
			t.Errorf("%s = %v: %v, want %v", tt.path, tt.want, got, tt.ok)
		}
	}
}

func TestOrderOfAnswers(t *testing.T) {
	answers := []provider.Answer{
		{Status: 401, Where: map[string]any{"code": "limited"}, Means: provider.MeansActive, Reason: "first"},
		{Status: 401, Body: "object", Means: provider.MeansInactive, Reason: "second"},
	}
	if status, reason := judge(answers, reply{401, []byte(`{"code":"limited"}`), true}); status != Active ||
		reason != "first" {
		t.Errorf("%s, %s", status, reason)
	}
	if status, reason := judge(answers, reply{401, []byte(`{"code":"other"}`), true}); status != Inactive ||
		reason != "second" {
		t.Errorf("%s, %s", status, reason)
	}
}

// FuzzJudge: whatever a server answers, a table says only what a whole JSON document of the right
// status proves, and the reason holds nothing of the body.
func FuzzJudge(f *testing.F) {
	providers := provider.Builtin()
	told := map[Status]int{}
	for _, body := range []string{"", "{}", "[]", unauthorized, forbidden, "<html>", "{\"error\":", " [1,2] ", `{"a":1}{`,
		"\x00", "\f{}", `{"errors":[{"code":"clerk_key_invalid"}]}`} {
		for _, status := range []int{200, 401, 403, 404, 500} {
			f.Add(status, []byte(body), true)
			f.Add(status, []byte(body), false)
			for _, p := range providers {
				if p.Check != nil {
					status, _ := judge(p.Check.Answers, reply{status, []byte(body), true})
					told[status]++
				}
			}
		}
	}
	if told[Active] == 0 || told[Inactive] == 0 || told[Unknown] == 0 {
		f.Fatalf("the seeds do not bring about every status: %v", told)
	}
	const marker = "Q7bTz0LmX4vR"
	f.Fuzz(func(t *testing.T, status int, body []byte, whole bool) {
		r := reply{status, body, whole}
		for _, p := range providers {
			if p.Check == nil {
				continue
			}
			got, reason := judge(p.Check.Answers, r)
			named := false
			for _, a := range p.Check.Answers {
				named = named || a.Status == status && Status(a.Means) == got
			}
			switch {
			case got == Unknown:
				if reason == "" {
					t.Fatalf("%s: unknown without a reason", p.ID)
				}
			case !named:
				t.Fatalf("%s: %s from status %d, of which the table says no such thing", p.ID, got, status)
			case whole && !json.Valid(body):
				t.Fatalf("%s: %s from what is no JSON: %q", p.ID, got, body)
			case !whole && got != Active:
				t.Fatalf("%s: %s from the beginning of a document", p.ID, got)
			}
			if strings.Contains(reason, marker) {
				t.Fatalf("%s: the reason repeats the body: %s", p.ID, reason)
			}
		}
	})
}
