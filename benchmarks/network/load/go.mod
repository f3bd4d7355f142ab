module salus/load

go 1.25
