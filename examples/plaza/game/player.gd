extends Node3D
## An avatar. It is laid out as an XR rig is: this node is the origin on the floor (XROrigin3D), Head the camera
## (XRCamera3D), LeftHand and RightHand the controllers (XRController3D). Whatever moves them, the same synchronizer
## sends them: here desktop.gd or demo.gd.

const _Smooth := preload("res://smooth.gd")
const _REACH := 1.5

## What it holds, or is about to; null if nothing.
var prop: Node3D


# The node's name is its peer's id. Before the synchronizers begin, so not in _ready.
func _enter_tree() -> void:
	$Pose.set_multiplayer_authority(name.to_int())


func _ready() -> void:
	_paint(Color.from_hsv(fposmod(name.to_int() * 0.618034, 1.0), 0.55, 0.9))
	if not is_mine():
		_Smooth.follow($Pose)
		return
	position = Vector3(0, 0, 3).rotated(Vector3.UP, fposmod(name.to_int() * 0.618034, 1.0) - 0.5)
	$Head/Shape.hide()
	$Head/Visor.hide()
	$Head/Camera.make_current()
	add_child((load("res://demo.gd") if get_tree().current_scene.is_demo else load("res://desktop.gd")).new())


## Whether it stands for the one who plays here.
func is_mine() -> bool:
	return name.to_int() == multiplayer.get_unique_id()


## Takes the nearest prop within reach, or puts down the one that it has.
func take_or_put() -> void:
	if prop != null:
		prop.put_down()
		return
	for candidate: Node3D in get_node("../../Props").get_children():
		var distance := _distance_to(candidate)
		if distance < _REACH and (prop == null or distance < _distance_to(prop)):
			prop = candidate
	if prop != null:
		prop.take($RightHand, self)


## Opens or closes the door, if it is near.
func use_door() -> void:
	var door: Node3D = get_node("../../Door")
	if _distance_to(door) < _REACH * 2.0:
		door.use()


# On the floor: it can bend down.
func _distance_to(node: Node3D) -> float:
	var way := node.position - position
	return Vector2(way.x, way.z).length()


func _paint(color: Color) -> void:
	var material := StandardMaterial3D.new()
	material.albedo_color = color
	for part: MeshInstance3D in [$Head/Shape, $LeftHand/Shape, $RightHand/Shape]:
		part.material_override = material
