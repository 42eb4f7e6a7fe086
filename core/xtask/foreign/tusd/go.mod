module satchel.test/tusd

go 1.17

require (
	github.com/bmizerany/pat v0.0.0-20170815010413-6226ea591a40
	github.com/tus/tusd v1.13.0
)
