module example.com/«name»

go 1.24

require plugbay.dev/guest v0.1.0

replace plugbay.dev/guest => ./plugbay-guest
