package sandbox

// #cgo CFLAGS: -std=gnu11 -O2 -Wall -Wextra
import "C"
