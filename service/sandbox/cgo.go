package sandbox

// #cgo CFLAGS: -std=gnu11 -fvisibility=hidden -O2 -Wall -Wextra
import "C"
