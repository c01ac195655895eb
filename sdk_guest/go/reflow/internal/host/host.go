// Package host has what Reflow adds to Extism: in a module its three functions, elsewhere a stand-in.
package host
