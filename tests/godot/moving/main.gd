extends Node3D
# A game whose nodes the cluster moves about; with the addon's peer ("addon") or the engine's own ("stock"). What it has, it
# tells whenever that has changed: of each thing the path, the count, and which of all things it is that were ever made here.

var seen := ""


func _ready() -> void:
	var arguments := OS.get_cmdline_user_args()
	multiplayer.connected_to_server.connect(func(): print("CONNECTED %d" % multiplayer.get_unique_id()))
	multiplayer.server_disconnected.connect(func(): print("DISCONNECTED"))
	for spawner: MultiplayerSpawner in [$LeftSpawner, $RightSpawner]:
		spawner.spawned.connect(func(node: Node): print("SPAWNED %s" % node.name))
		spawner.despawned.connect(func(node: Node): print("DESPAWNED %s" % node.name))
	if arguments[0] == "stock":
		var stock := WebSocketMultiplayerPeer.new()
		stock.create_client(arguments[1])
		multiplayer.multiplayer_peer = stock
	else:
		var peer := BanyanMultiplayerPeer.connect_to(arguments.slice(1))
		peer.resumed.connect(func(_milliseconds: int): print("RESUMED"))
		peer.session_ended.connect(func(reason: String): print("ENDED " + reason))
		multiplayer.multiplayer_peer = peer


func _process(_delta: float) -> void:
	var all := PackedStringArray()
	for node: Node in find_children("*", "Node3D", true, false):
		if node.get("number") != null:
			all.append("%s=%d#%d" % [get_path_to(node), node.get("count"), node.get("number")])
		elif node.name in ["Door", "Handle", "Lid"]:
			all.append(str(get_path_to(node)))
	all.sort()
	if " ".join(all) != seen:
		seen = " ".join(all)
		print("SEE " + seen)
