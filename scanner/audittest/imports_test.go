// Package audittest tests the audit of many repositories by running it. What is tested lies in folders that ./... leaves
// out, as go.mod says; the tests of its parts lie beside them, and these here are run with all others.
package audittest

import (
	_ "github.com/nats-io/nats-server/v2/server"
	_ "github.com/nats-io/nats.go/jetstream"
	_ "github.com/nats-io/nkeys"

	_ "skleak/scanner/audit/hidden"
	_ "skleak/scanner/audit/source"
)
