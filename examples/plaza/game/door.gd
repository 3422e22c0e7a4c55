extends Node3D
## A door. Whether it is open is a property of the cluster: it is in the tree, so everybody sees the same, late joiners
## too, and also after all servers were down.

## It was opened or closed.
signal moved(open: bool)

var is_open := false:
	set(open):
		if open == is_open:
			return
		is_open = open
		moved.emit(open)
		if is_inside_tree():
			create_tween().tween_property($Hinge, "rotation:y", deg_to_rad(100.0) if open else 0.0, 0.5)


## Asks the cluster to open it if it is closed here, to close it if it is open.
func use() -> void:
	want_open.rpc_id(1, not is_open)


## Says what it is to be, not that it is to change: a call may come twice when another server takes the code over.
@rpc("any_peer", "call_remote", "reliable")
func want_open(_open: bool) -> void:
	pass # the cluster's: code/PlazaGame.cs
