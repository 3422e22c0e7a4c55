extends Node3D

@export var count := 0


func _enter_tree() -> void:
	$State.set_multiplayer_authority(get_parent().get_parent().name.to_int())
