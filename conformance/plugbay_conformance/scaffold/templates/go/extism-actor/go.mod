module example.com/«name»

go 1.24

require plugbay.dev/guest v0.1.0

require github.com/extism/go-pdk v1.1.3 // indirect

replace plugbay.dev/guest => ./plugbay-guest
