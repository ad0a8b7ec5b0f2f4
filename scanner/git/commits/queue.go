package commits

// queue is a heap. That of container/heap puts each element in memory of its own.
type queue[T any] struct {
	list []T
	less func(a, b T) bool
}

func (q *queue[T]) len() int { return len(q.list) }

// first is the one that pop takes; there must be one.
func (q *queue[T]) first() T { return q.list[0] }

func (q *queue[T]) push(x T) {
	q.list = append(q.list, x)
	at := len(q.list) - 1
	for at > 0 {
		above := (at - 1) / 2
		if !q.less(x, q.list[above]) {
			break
		}
		q.list[at] = q.list[above]
		at = above
	}
	q.list[at] = x
}

func (q *queue[T]) pop() T {
	first, end := q.list[0], len(q.list)-1
	x := q.list[end]
	clear(q.list[end:])
	q.list = q.list[:end]
	if end == 0 {
		return first
	}
	at := 0
	for below := 1; below < end; below = 2*at + 1 {
		if below+1 < end && q.less(q.list[below+1], q.list[below]) {
			below++
		}
		if !q.less(q.list[below], x) {
			break
		}
		q.list[at] = q.list[below]
		at = below
	}
	q.list[at] = x
	return first
}
