// Package sarif is what reports have of SARIF 2.1.0: types, with the fields of each in the order of their names,
// and the rules. How a report maps to it is told in package report.
package sarif

import "skleak/scanner"

// Schema is where the specification's own list of schemas has version 2.1.0.
const Schema = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"

// Language is that of all texts.
const Language = "en-US"

// Levels of results and notifications.
const (
	LevelError   = "error"
	LevelWarning = "warning"
	LevelNote    = "note"
)

type Text struct {
	Markdown string `json:"markdown,omitempty"`
	Text     string `json:"text"`
}

type Invocation struct {
	EndTimeUTC                 string         `json:"endTimeUtc,omitempty"`
	ExecutionSuccessful        bool           `json:"executionSuccessful"`
	StartTimeUTC               string         `json:"startTimeUtc,omitempty"`
	ToolExecutionNotifications []Notification `json:"toolExecutionNotifications,omitempty"`
}

type Notification struct {
	Level   string `json:"level"`
	Message Text   `json:"message"`
}

type Tool struct {
	Driver Driver `json:"driver"`
}

type Driver struct {
	Contents        []string     `json:"contents"`
	IsComprehensive bool         `json:"isComprehensive"`
	Language        string       `json:"language"`
	Name            string       `json:"name"`
	Rules           []Descriptor `json:"rules"`
	Version         string       `json:"version"`
}

type Descriptor struct {
	DefaultConfiguration Configuration `json:"defaultConfiguration"`
	FullDescription      Text          `json:"fullDescription"`
	Help                 Text          `json:"help"`
	ID                   string        `json:"id"`
	Name                 string        `json:"name"`
	Properties           Properties    `json:"properties"`
	ShortDescription     Text          `json:"shortDescription"`
}

type Configuration struct {
	Enabled bool   `json:"enabled"`
	Level   string `json:"level"`
}

type Properties struct {
	Precision string   `json:"precision"`
	Severity  string   `json:"security-severity"`
	Tags      []string `json:"tags"`
}

type Result struct {
	Kind                string            `json:"kind"`
	Level               string            `json:"level"`
	Locations           []Location        `json:"locations"`
	Message             Text              `json:"message"`
	PartialFingerprints map[string]string `json:"partialFingerprints"`
	Properties          *Place            `json:"properties,omitempty"`
	RelatedLocations    []Location        `json:"relatedLocations,omitempty"`
	RuleID              string            `json:"ruleId"`
	RuleIndex           int               `json:"ruleIndex"`
	// Suppressions are nil where no result of the run has any, and else not: SARIF wants all of them to have the list.
	Suppressions []Suppression `json:"suppressions,omitzero"`
}

// Place is what SARIF has no words of its own for.
type Place struct {
	Hidden Hidden `json:"hidden"`
}

// Hidden does not name who hid the commit: no author is in the file.
type Hidden struct {
	Date  string           `json:"date,omitempty"`
	Event scanner.HiddenBy `json:"event"`
}

type Location struct {
	ID               int      `json:"id,omitempty"`
	Message          *Text    `json:"message,omitempty"`
	PhysicalLocation Physical `json:"physicalLocation"`
}

type Physical struct {
	ArtifactLocation Artifact `json:"artifactLocation"`
	Region           Region   `json:"region"`
}

type Artifact struct {
	URI       string `json:"uri"`
	URIBaseID string `json:"uriBaseId"`
}

type Region struct {
	EndColumn   int `json:"endColumn"`
	EndLine     int `json:"endLine"`
	StartColumn int `json:"startColumn"`
	StartLine   int `json:"startLine"`
}

type Suppression struct {
	Justification string `json:"justification"`
	Kind          string `json:"kind"`
	Status        string `json:"status"`
}
