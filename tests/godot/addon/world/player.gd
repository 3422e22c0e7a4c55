extends Node3D

var title := ""


func _enter_tree() -> void:
	$Pose.set_multiplayer_authority(name.to_int())
	$DropSpawner.set_multiplayer_authority(name.to_int())
