package main

import "runtime"

// ballastBytes is memory that nobody uses, and which the kernel so does not give. The garbage collector lets as much
// garbage come together as there is memory in use, and there is so little that it would run for every third page: of
// 20 ms of CPU 0.5, of 50 ms of demo.docx 1. https://go.dev/doc/gc-guide#GOGC
const ballastBytes = 8 << 20

// collectLess holds a ballast until the function that it returns is called.
func collectLess() func() {
	ballast := make([]byte, ballastBytes)
	return func() { runtime.KeepAlive(ballast) }
}
