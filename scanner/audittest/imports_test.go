package audittest

// What go.mod needs for the packages that ./... leaves out is here, so that go mod tidy keeps it.
import (
	_ "skleak/scanner/audit"
	_ "skleak/scanner/audit/hidden"
	_ "skleak/scanner/audit/notify"
	_ "skleak/scanner/audit/queue"
	_ "skleak/scanner/audit/source"
	_ "skleak/scanner/audit/worker"
)
