// Package page holds the tests of the HTML report that need a browser: what strangers write does nothing in it, a page
// of thousands of keys opens at once, and the picture in the README is what a browser shows. It is a module of its own,
// so that skleak does not need what drives browsers.
//
//	go test -C scripts/page             # skipped where there is no Chromium
//	go test -C scripts/page -update     # makes docs/report.png anew
package page
