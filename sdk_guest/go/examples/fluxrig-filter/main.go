// A gear that lets card payments through from an amount on, with the card's number masked.
package main

import (
	"errors"
	"strings"

	"plugbay.dev/guest/fluxrig"
	"plugbay.dev/guest/typed"
)

// least is the smallest amount that passes, in cents.
const least = 1000

type payment struct {
	Amount int64 `json:"amount"`
	Card   struct {
		PAN string `json:"pan"`
	} `json:"card"`
}

func init() { typed.Handle(filter) }

func filter(m *fluxrig.Message, p payment) ([]*fluxrig.Message, error) {
	if p.Amount < least {
		return fluxrig.Drop()
	}
	masked, err := mask(p.Card.PAN)
	if err != nil {
		return nil, err
	}
	if err := m.Set("card.pan", masked); err != nil {
		return nil, err
	}
	m.SetMeta("filter.masked", "card.pan")
	return fluxrig.Send(m)
}

// mask keeps the first six and the last four digits of a card's number.
func mask(pan string) (string, error) {
	if len(pan) < 12 || len(pan) > 19 || strings.Trim(pan, "0123456789") != "" {
		return "", errors.New("data.card.pan is no card number")
	}
	return pan[:6] + strings.Repeat("*", len(pan)-10) + pan[len(pan)-4:], nil
}

func main() {}
