module plugbay.test/go_echo

go 1.24
