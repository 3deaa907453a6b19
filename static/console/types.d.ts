// What the API answers and the feed sends, as far as the console uses it.

export type Id = number | string;
export type Time = string;

export interface Person {
  operatorId: string | null;
  name: string;
  role: "operator" | "supervisor" | "administrator" | "auditor";
  csrfToken: string;
}

export interface Manager {
  name: string;
  number: number | null;
  controllerPort: string | null;
  facebookId: string | null;
}

export interface Area {
  id: string;
  name: string;
}

export interface Operator {
  id: string;
  name: string;
  areas: string[];
  online: boolean;
  presence?: "online" | "paused" | "offline";
  pauseReason?: string;
  since?: Time | null;
  load?: number;
  cap?: number;
}

export interface Contact {
  id: Id;
  name: string;
  photo: string;
  area: string;
  operatorId: string;
  protocol: string;
  channel: "whatsapp" | "facebook";
  unread: number;
  sa: number;
  lastMessageAt: Time | null;
}

export interface Message {
  id: string;
  content: string;
  type: string;
  from: Id;
  status: "wait" | "sent" | "delivered" | "read" | "failed";
  createdAt: Time;
  direction: "in" | "out";
  url?: string;
  caption?: string;
  fileName?: string;
  fileSize?: number;
  error?: string;
  auto?: string;
  edited?: Time;
  deleted?: Time;
  replyTo?: string;
  reactions?: { emoji: string; from: Id }[];
  contactId?: Id;
  protocol?: string;
  /** Of an own file on its way: which part has left. */
  progress?: number;
}

export type ChatState = "menu" | "waiting" | "serving" | "answered" | "closed";

export interface Clock {
  kind: string;
  state: "ok" | "risk" | "breached" | "paused";
  riskAt: Time | null;
  dueAt: Time | null;
}

/** A chat of the list. The contact is kept once for all its chats. */
export interface Line {
  m: Id;
  key: string;
  protocol: string;
  open: boolean;
  openedAt: Time;
  closedAt: Time | null;
  state: ChatState;
  queuedAt: Time | null;
  waitingSince: Time | null;
  windowEndsAt: Time | null;
  last: Message | null;
  tags: string[];
  clock: Clock | null;
  hit?: { id: string; text: string };
}

export interface Note {
  id: string;
  text: string;
  operatorId: string;
  mentions: string[];
  createdAt: Time;
  protocol: string;
  author: string;
  contactId?: Id;
  forMe?: boolean;
}

export interface LedgerEvent {
  id: number;
  at: Time;
  kind: string;
  protocol: string;
  area: string;
  operatorId: string;
  by: string;
  cause: string;
  text: string;
}

export interface Session {
  protocol: string;
  openedAt: Time;
  closedAt: Time | null;
  area: string;
  operatorId: string;
  cause: string;
  reason: string;
  rating: number | null;
}

export interface Options {
  closingReasons: { code: string; name: string; area: string }[];
  transferReasons: { code: string; name: string }[];
  pauseReasons: { code: string; name: string; minutes: number | null }[];
  tags: { code: string; name: string; colour: string }[];
  areas: {
    id: string;
    open: boolean;
    opensAt: Time | null;
    closingReasonRequired: boolean;
    transferReasonRequired: boolean;
  }[];
  gateway: string;
  largestFile: number;
  longestText: number;
  menuOn: boolean;
  supervisors: string[];
}

export interface Place {
  state: ChatState;
  area: string;
  operatorId: string;
}

export interface FeedEvent {
  s: number;
  k: string;
  op: "I" | "U" | "D" | "X";
  id: Id;
  m: Id;
  row?: any;
  was?: Place | null;
  is?: Place;
}

export type Counts = Record<string, { total: number; areas: Record<string, number> }>;

/** What a list shows; `tab` is one of the console's tabs. */
export interface Filter {
  tab: "mine" | "queue" | "answered" | "closed" | "search";
  m?: Id | null;
  area?: string | null;
  tag?: string | null;
  channel?: string | null;
  text?: string;
  words?: boolean;
}

declare global {
  var consoleWords: { language: string; texts: Record<string, string | string[]> };
}
