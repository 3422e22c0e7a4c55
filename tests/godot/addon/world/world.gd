extends Node3D
# A game with players that move, drop things and count aloud to each other, each number once and in order; with the
# addon's peer ("addon") or the engine's own ("stock"). Times are Unix times in milliseconds.

const COUNT_INTERVAL := 0.02

var peer: MultiplayerPeer
var said: Dictionary[int, int] = {} # to whom, through which number
var heard: Dictionary[int, int] = {}
var next_count := 0.0
var age := 0.0
var was_lost := false


func _ready() -> void:
	var arguments := OS.get_cmdline_user_args()
	multiplayer.connected_to_server.connect(func(): tell("CONNECTED %d" % multiplayer.get_unique_id()))
	multiplayer.server_disconnected.connect(func(): tell("DISCONNECTED"))
	multiplayer.peer_connected.connect(func(id: int): tell("PEER %d" % id))
	multiplayer.peer_disconnected.connect(func(id: int): tell("GONE %d" % id))
	$Players.child_entered_tree.connect(func(node: Node): tell("SPAWNED %s" % node.name))
	$Players.child_exiting_tree.connect(func(node: Node): tell("LEFT %s" % node.name))
	if arguments[0] == "stock":
		peer = WebSocketMultiplayerPeer.new()
		peer.create_client(arguments[1])
	else:
		peer = BanyanMultiplayerPeer.connect_to(arguments.slice(1))
		peer.gateway_lost.connect(_on_lost)
		peer.resumed.connect(_on_resumed)
		peer.session_ended.connect(func(reason: String): tell("ENDED " + reason))
	multiplayer.multiplayer_peer = peer


func _on_lost(reason: String) -> void:
	was_lost = true
	tell("LOST %d %s" % [now(), reason])
	tell("BEFORE " + ids())


func _on_resumed(milliseconds: int) -> void:
	tell("RESUMED %d after %d ms at %s" % [now(), milliseconds, peer.get_gateway()])


func _process(delta: float) -> void:
	if peer.get_connection_status() != MultiplayerPeer.CONNECTION_CONNECTED:
		return
	var mine := $Players.get_node_or_null(str(multiplayer.get_unique_id()))
	if mine == null:
		return
	age += delta
	mine.position = Vector3(age, 2, 3)
	if mine.get_node("Drops").get_child_count() < 3 and age > mine.get_node("Drops").get_child_count():
		var drop := preload("res://world/drop.tscn").instantiate()
		drop.count = mine.get_node("Drops").get_child_count() + 1
		mine.get_node("Drops").add_child(drop, true)
	mine.title = "second %d" % age
	next_count -= delta
	if next_count > 0.0:
		return
	next_count = COUNT_INTERVAL
	for other in multiplayer.get_peers():
		if other != 1:
			said[other] = said.get(other, 0) + 1
			count.rpc_id(other, said[other])


@rpc("any_peer", "reliable")
func count(number: int) -> void:
	var from := multiplayer.get_remote_sender_id()
	if number != heard.get(from, 0) + 1:
		tell("WRONG %d after %d from %d" % [number, heard.get(from, 0), from])
	heard[from] = number
	if number % 25 == 0:
		tell("COUNT %d from %d" % [number, from])


func _on_state(player: Node) -> void:
	if was_lost and str(player.name) != str(multiplayer.get_unique_id()):
		was_lost = false
		tell("STATE %d" % now())
		tell("AFTER " + ids())


func _enter_tree() -> void:
	get_tree().node_added.connect(func(node: Node) -> void:
		if node is MultiplayerSynchronizer and node.name == &"Pose":
			node.synchronized.connect(func(): _on_state(node.get_parent())))


# Everything that other peers could take away, with what would show that it was made anew.
func ids() -> String:
	var all: Array[String] = []
	for node in find_children("*", "Node", true, false):
		all.append("%s=%d" % [get_path_to(node), node.get_instance_id()])
	return " ".join(all)


func now() -> int:
	return int(Time.get_unix_time_from_system() * 1000.0)


func tell(line: String) -> void:
	print(line)
