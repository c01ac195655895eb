// A byte function that makes users: JSON in, JSON out.
package main

import (
	"errors"
	"strings"

	"plugbay.dev/guest/packed"
)

type request struct {
	Name  string `json:"name"`
	Email string `json:"email"`
}

type user struct {
	Name  string `json:"name"`
	Email string `json:"email"`
	// Created is in Unix nanoseconds.
	Created int64 `json:"created"`
}

//go:wasmexport create_user
func exportCreateUser(input string) packed.Result { return packed.CallJSON(input, createUser) }

func createUser(r request) (user, error) {
	if r.Name == "" {
		return user{}, errors.New("name is required")
	}
	if !strings.Contains(r.Email, "@") {
		return user{}, errors.New("'" + r.Email + "' is no mail address")
	}
	packed.Info("made the user " + r.Name)
	return user{r.Name, r.Email, packed.Now()}, nil
}

func main() {}
