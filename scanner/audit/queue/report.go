package queue

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"

	"github.com/nats-io/nats.go/jetstream"
)

// Report is the report with this SHA-256.
func (q *Queue) Report(ctx context.Context, hash string) ([]byte, error) {
	return q.load(ctx, hash, q.limits.Report)
}

// store keeps content under its hash.
func (q *Queue) store(ctx context.Context, hash string, content []byte) error {
	if _, err := q.reports.GetInfo(ctx, hash); err == nil {
		return nil
	} else if !errors.Is(err, jetstream.ErrObjectNotFound) {
		return fmt.Errorf("storing a report: %w", err)
	}
	meta := jetstream.ObjectMeta{Name: hash, Opts: &jetstream.ObjectMetaOptions{ChunkSize: reportChunk}}
	if _, err := q.reports.Put(ctx, meta, bytes.NewReader(content)); err != nil {
		return fmt.Errorf("storing a report: %w", q.stopped(err))
	}
	return nil
}

// load reads what is kept under a hash, of at most limit bytes.
func (q *Queue) load(ctx context.Context, hash string, limit int) ([]byte, error) {
	object, err := q.reports.Get(ctx, hash)
	if err != nil {
		return nil, fmt.Errorf("reading report %s: %w", hash, err)
	}
	content, err := io.ReadAll(io.LimitReader(object, int64(limit)+1))
	if err := errors.Join(err, object.Close()); err != nil && len(content) <= limit {
		return nil, fmt.Errorf("reading report %s: %w", hash, err)
	}
	if len(content) > limit {
		return nil, fmt.Errorf("report %s has more than %d bytes", hash, limit)
	}
	if sum := sha256.Sum256(content); hex.EncodeToString(sum[:]) != hash {
		return nil, fmt.Errorf("report %s is damaged: its bytes have another SHA-256", hash)
	}
	return content, nil
}
