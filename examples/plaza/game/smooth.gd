extends RefCounted
## Shows what comes by a synchronizer evenly, if the addon is there.

const _ADDON := "res://addons/banyan/banyan_interpolator.gd"


## To be called in _ready.
static func follow(synchronizer: MultiplayerSynchronizer) -> void:
	if ResourceLoader.exists(_ADDON):
		synchronizer.add_child(load(_ADDON).new())
