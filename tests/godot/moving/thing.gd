extends Node3D

static var made := 0

var count := 0
## Which of all that were ever made here.
var number := 0


func _init() -> void:
	made += 1
	number = made
