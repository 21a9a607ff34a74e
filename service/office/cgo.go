package office

// #cgo CFLAGS: -std=gnu11 -O2 -Wall -Wextra -Wno-unused-function
// #cgo LDFLAGS: -ldl
import "C"
