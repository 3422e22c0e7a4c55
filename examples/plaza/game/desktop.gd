extends Node
## Moves the rig with keyboard and mouse. With a headset, XR nodes would do it.

const _SPEED := 3.0 # metres a second
const _TURN := 0.0025 # radians a pixel
const _HANDS_FOLLOW := 12.0 # how fast the hands come after the head, per second

@onready var _origin: Node3D = get_parent()
@onready var _head: Node3D = _origin.get_node("Head")
@onready var _hands: Array[Node3D] = [_origin.get_node("LeftHand"), _origin.get_node("RightHand")]


func _unhandled_input(event: InputEvent) -> void:
	if event is InputEventMouseMotion and Input.mouse_mode == Input.MOUSE_MODE_CAPTURED:
		_origin.rotate_y(-event.relative.x * _TURN)
		_head.rotation.x = clampf(_head.rotation.x - event.relative.y * _TURN, -1.4, 1.4)
	elif event is InputEventMouseButton and event.pressed and event.button_index == MOUSE_BUTTON_LEFT:
		if Input.mouse_mode == Input.MOUSE_MODE_CAPTURED:
			_origin.take_or_put()
		Input.mouse_mode = Input.MOUSE_MODE_CAPTURED
	elif event is InputEventKey and event.pressed and not event.echo:
		match event.physical_keycode:
			KEY_E:
				_origin.take_or_put()
			KEY_F:
				_origin.use_door()
			KEY_ESCAPE:
				Input.mouse_mode = Input.MOUSE_MODE_VISIBLE


func _process(delta: float) -> void:
	var way := Vector3(_axis(KEY_A, KEY_D), 0, _axis(KEY_W, KEY_S)).limit_length()
	_origin.translate_object_local(way * _SPEED * delta)
	for i in 2:
		# Before the chest; higher and farther out if it holds something. They look where the head looks.
		var reach := 0.5 if i == 1 and _origin.prop != null else 0.35
		var side := -0.25 if i == 0 else 0.25
		var at := Vector3(side, 1.25 + _head.rotation.x * 0.4, -reach)
		var weight := 1.0 - exp(-_HANDS_FOLLOW * delta)
		_hands[i].position = _hands[i].position.lerp(at, weight)
		_hands[i].quaternion = _hands[i].quaternion.slerp(_head.quaternion, weight)


func _axis(negative: Key, positive: Key) -> float:
	return float(Input.is_physical_key_pressed(positive)) - float(Input.is_physical_key_pressed(negative))
