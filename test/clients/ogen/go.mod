module strongroom.test/ogen

go 1.26.0

tool github.com/ogen-go/ogen/cmd/ogen
