extends Node3D
## A door that is open or shut. Set [member open] and the leaf follows.

signal opened
signal closed

## Synchronized on change, so it is durable: an acknowledged opening is never lost.
@export var open := false:
	set(value):
		if open == value:
			return
		open = value
		# The setter also runs while a scene is being loaded, before the hinge exists.
		if is_node_ready():
			_swing()
			(opened if open else closed).emit()

@export_range(0, 180) var open_angle_degrees := 95.0

## Lit while the door is open.
@export var porch_light: Light3D


func _ready() -> void:
	_swing()


func _swing() -> void:
	$Hinge.rotation_degrees.y = -open_angle_degrees if open else 0.0
	if porch_light:
		porch_light.visible = open
