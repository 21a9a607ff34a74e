package forkserver

// #cgo CFLAGS: -std=gnu11 -O2 -Wall -Wextra -Wno-unused-function
// #cgo CXXFLAGS: -std=c++17 -O2 -Wall -DLINUX -DUNX -DCPPU_ENV=gcc3
// #cgo CXXFLAGS: -I/usr/include/libreoffice -I/usr/local/include/libreoffice-uno
// #cgo LDFLAGS: -ldl
import "C"
