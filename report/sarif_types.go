package report

import "skleak/scanner"

// The types below are what is written of SARIF 2.1.0, with the fields of each in the order of their names.

// Levels of results and notifications.
const (
	levelError   = "error"
	levelWarning = "warning"
	levelNote    = "note"
)

type sarifText struct {
	Markdown string `json:"markdown,omitempty"`
	Text     string `json:"text"`
}

type sarifInvocation struct {
	EndTimeUTC                 string              `json:"endTimeUtc,omitempty"`
	ExecutionSuccessful        bool                `json:"executionSuccessful"`
	StartTimeUTC               string              `json:"startTimeUtc,omitempty"`
	ToolExecutionNotifications []sarifNotification `json:"toolExecutionNotifications,omitempty"`
}

type sarifNotification struct {
	Level   string    `json:"level"`
	Message sarifText `json:"message"`
}

type sarifTool struct {
	Driver sarifDriver `json:"driver"`
}

type sarifDriver struct {
	Contents        []string          `json:"contents"`
	IsComprehensive bool              `json:"isComprehensive"`
	Language        string            `json:"language"`
	Name            string            `json:"name"`
	Rules           []sarifDescriptor `json:"rules"`
	Version         string            `json:"version"`
}

type sarifDescriptor struct {
	DefaultConfiguration sarifConfiguration `json:"defaultConfiguration"`
	FullDescription      sarifText          `json:"fullDescription"`
	Help                 sarifText          `json:"help"`
	ID                   string             `json:"id"`
	Name                 string             `json:"name"`
	Properties           sarifProperties    `json:"properties"`
	ShortDescription     sarifText          `json:"shortDescription"`
}

type sarifConfiguration struct {
	Enabled bool   `json:"enabled"`
	Level   string `json:"level"`
}

type sarifProperties struct {
	Precision string   `json:"precision"`
	Severity  string   `json:"security-severity"`
	Tags      []string `json:"tags"`
}

type sarifResult struct {
	Kind                string            `json:"kind"`
	Level               string            `json:"level"`
	Locations           []sarifLocation   `json:"locations"`
	Message             sarifText         `json:"message"`
	PartialFingerprints map[string]string `json:"partialFingerprints"`
	Properties          *sarifPlace       `json:"properties,omitempty"`
	RelatedLocations    []sarifLocation   `json:"relatedLocations,omitempty"`
	RuleID              string            `json:"ruleId"`
	RuleIndex           int               `json:"ruleIndex"`
	// Suppressions are nil where no result of the run has any, and else not: SARIF wants all of them to have the list.
	Suppressions []sarifSuppression `json:"suppressions,omitzero"`
}

// sarifPlace is what SARIF has no words of its own for.
type sarifPlace struct {
	Hidden sarifHidden `json:"hidden"`
}

// sarifHidden does not name who hid the commit: no author is in the file.
type sarifHidden struct {
	Date  string           `json:"date,omitempty"`
	Event scanner.HiddenBy `json:"event"`
}

type sarifLocation struct {
	ID               int           `json:"id,omitempty"`
	Message          *sarifText    `json:"message,omitempty"`
	PhysicalLocation sarifPhysical `json:"physicalLocation"`
}

type sarifPhysical struct {
	ArtifactLocation sarifArtifact `json:"artifactLocation"`
	Region           sarifRegion   `json:"region"`
}

type sarifArtifact struct {
	URI       string `json:"uri"`
	URIBaseID string `json:"uriBaseId"`
}

type sarifRegion struct {
	EndColumn   int `json:"endColumn"`
	EndLine     int `json:"endLine"`
	StartColumn int `json:"startColumn"`
	StartLine   int `json:"startLine"`
}

type sarifSuppression struct {
	Justification string `json:"justification"`
	Kind          string `json:"kind"`
	Status        string `json:"status"`
}
