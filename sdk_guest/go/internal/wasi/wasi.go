// Package wasi asks the host for the time and for randomness. Packages time and crypto/rand would do the same with
// hundreds of kilobytes of code, for files, formats and ciphers that a guest has no use for.
package wasi
