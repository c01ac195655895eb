// Package message has fluxrig's message, the fluxMsg: its fields, ways to read and change its data, and its bytes.
//
// A message that a handler is given is its own: it may change it and send it on.
//
//	amount, err := m.Int("payment.amount")
//	if err != nil {
//		return nil, err // "data.payment.amount: expected integer, found text"
//	}
//	err = m.Set("payment.checked", true)
//
// The package has no dependencies and uses no reflection, so it builds with TinyGo too.
package message
