module strongroom.test/go

go 1.26.0
