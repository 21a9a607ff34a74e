package forkserver

// #cgo CFLAGS: -std=gnu11 -fvisibility=hidden -O2 -Wall -Wextra -Wno-unused-function
// #cgo CXXFLAGS: -std=c++17 -fvisibility=hidden -fvisibility-inlines-hidden -O2 -Wall -DLINUX -DUNX -DCPPU_ENV=gcc3
// #cgo CXXFLAGS: -I/usr/include/libreoffice -I/usr/local/include/libreoffice-uno
// #cgo LDFLAGS: -ldl -Wl,-E
import "C"
