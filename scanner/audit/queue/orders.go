package queue

import (
	"context"
	"fmt"
)

// setOrders sets what workers on other machines are told of how to read. It means something to who calls Orders.
func (q *Queue) setOrders(text []byte) error {
	if len(text) > maxBody {
		return fmt.Errorf("what workers are to be told takes %d bytes, more than %d", len(text), maxBody)
	}
	q.orders.Store(&text)
	return nil
}

// ordersFor answers a worker that asks for orders.
func (q *Queue) ordersFor(context.Context, question) (answer, error) {
	if text := q.orders.Load(); text != nil {
		return answer{Orders: *text}, nil
	}
	return answer{}, nil
}

// Orders are what the coordinator says of how to read; empty if it says nothing.
func (w *Worker) Orders(ctx context.Context) ([]byte, error) {
	a, err := w.ask(ctx, askOrders, question{})
	if err != nil {
		return nil, fmt.Errorf("asking the coordinator how to read: %w", err)
	}
	return a.Orders, nil
}
