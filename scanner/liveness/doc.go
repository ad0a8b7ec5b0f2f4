// Package liveness asks the provider of a key whether it is active, and disables keys that are.
//
//	client, err := liveness.NewClient(liveness.Options{Providers: set.Providers()})
//	results := liveness.Run(ctx, client, questions, 8, nil)
//
// A check is data: a [provider.Check] says what to request and what the answers mean, and one [Client]
// does the work for all providers. What it says of a key is positive proof or nothing: only an answer
// that fits the provider's table, in status and JSON body, is [Active] or [Inactive]. A redirect, a
// gateway's web page, a bare status, a fault of the network are [Unknown], with the reason.
//
// These promises hold whatever a server does:
//
//   - A key goes into headers (and, to revoke it, a body or a command's standard input), never into a URL.
//   - Redirects are not followed, cookies not kept. A key reaches the host it was meant for or none.
//   - No error, reason or other text that comes out of this package holds a key, the query of a URL or
//     a header: what the HTTP library says is sorted into reasons of our own, never passed on.
//   - An endpoint that is not the provider's own is asked about a made-up key first. Unless it calls that
//     one inactive, nothing it says is believed.
//
// What it does not do: decide whom a key belongs to. The caller must not ask about placeholders,
// suppressed keys, or keys of a provider that nothing but a guess names.
package liveness
