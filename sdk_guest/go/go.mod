module plugbay.dev/guest

go 1.24

require (
	github.com/extism/go-pdk v1.1.3
	github.com/fxamacker/cbor/v2 v2.10.0
)

require github.com/x448/float16 v0.8.4 // indirect
