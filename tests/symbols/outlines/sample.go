// Package client sends.
package client

import "fmt"

// Client sends requests.
type Client struct {
	// Retries counts.
	Retries int
	a, b    int
}

type (
	ID   int
	Name = string
)

const (
	// First is the first.
	First = iota
	Second
)

var ErrClosed = errors.New("closed")

// Send sends.
func (c *Client) Send(request string) error {
	local := func() {}
	return nil
}

func (c Pool[T]) Get() T { return c.items[0] }

func New[T any](items ...T) *Client { return nil }

type Sender interface {
	Send(request string) error
}
